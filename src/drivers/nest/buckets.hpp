#pragma once
// What the vendor knows of an account: its buckets, of which those of cameras, places and homes are
// read; and the records of its camera web API.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "drivers/nest/camera_record.hpp"
#include "drivers/nest/hosts.hpp"

namespace casement::drivers::nest {

/// The buckets, as they were told last. Lives on one executor.
class Buckets {
public:
    Buckets();
    ~Buckets();

    /// The answer of app_launch, in place of all that was known. Errors: Unavailable "vendor-down".
    base::Result<> take_all(std::string_view body);
    /// The answer of a long poll; keys of what changed. An empty one, or one that is no JSON but
    /// text, changes nothing: its time was over. More than `kMaxBuckets` are passed over.
    base::Result<std::vector<std::string>> take_changes(std::string_view body);
    /// True after a change that take_changes() cannot follow: a camera or home has gone or come.
    bool is_stale() const { return is_stale_; }

    /// Ordered by uuid, at most kMaxCameras. Hosts that are not followed are left empty.
    std::vector<CameraRecord> cameras(const Hosts& hosts) const;
    /// The question of the long poll: every bucket with its revision.
    std::string subscription() const;
    bool empty() const;

    static constexpr std::size_t kMaxBuckets = 2000, kMaxCameras = 64;

private:
    struct State;
    const std::unique_ptr<State> state_;
    bool is_stale_ = false;
};

/// {"known_bucket_types": [...]}: those that are read.
std::string launch_question();

/// Cameras as the camera web API has them, at most Buckets::kMaxCameras. Errors of
/// check_envelope().
base::Result<std::vector<CameraRecord>> parse_cameras(std::string_view body, const Hosts& hosts);
/// What both say: the web API knows properties and whether it is online; where it says nothing, the
/// bucket's word stays.
CameraRecord merged(CameraRecord bucket, const CameraRecord& web);

/// 32 hexadecimal digits in lower case.
bool is_uuid(std::string_view text);

}  // namespace casement::drivers::nest
