#include "recorder/retention.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace casement::recorder {

namespace {

using base::Result;

class Plan {
public:
    Plan(store::Database& database, const Options& options, const RetentionInput& input)
        : database_(database), options_(options), input_(input), bytes_(input.bytes) {}

    Result<std::vector<Deletion>> make() {
        for (const auto& [camera, bytes] : input_.bytes) {
            CASEMENT_TRY(own_limits(camera));
        }
        std::uint64_t total = 0;
        for (const auto& [camera, bytes] : bytes_) total += bytes;
        const std::uint64_t too_much =
            options_.max_bytes > 0 && total > options_.max_bytes ? total - options_.max_bytes : 0;
        // What goes for other reasons makes room too.
        const std::uint64_t room = input_.free_bytes + freed_;
        const std::uint64_t missing =
            room < options_.keep_free_bytes ? options_.keep_free_bytes - room : 0;
        CASEMENT_TRY(oldest_of_all(too_much, Why::TotalBytes));
        CASEMENT_TRY(oldest_of_all(missing > too_much ? missing - too_much : 0, Why::FreeSpace));
        return std::move(out_);
    }

private:
    const Policy& policy(const std::string& camera) const {
        const auto found = input_.policies.find(camera);
        return found == input_.policies.end() ? options_.removed : found->second;
    }

    Result<> own_limits(const std::string& camera) {
        const Policy& p = policy(camera);
        CASEMENT_TRY(const auto oldest, index::oldest(database_, camera, kMaxDeletions));
        for (const Segment& segment : oldest) {
            const bool too_old = p.keep.count() > 0 && segment.end < input_.now - p.keep;
            const bool too_much = p.max_bytes > 0 && bytes_[camera] > p.max_bytes;
            if (!too_old && !too_much) break;
            if (!take(segment, too_old ? Why::Age : Why::CameraBytes)) break;
        }
        return {};
    }

    Result<> oldest_of_all(std::uint64_t bytes, Why why) {
        if (bytes == 0) return {};
        CASEMENT_TRY(const auto oldest, index::oldest(database_, {}, kMaxDeletions * 2));
        std::uint64_t gone = 0;
        for (const Segment& segment : oldest) {
            if (gone >= bytes) break;
            if (taken_.contains(key(segment))) continue;
            if (!take(segment, why)) break;
            gone += segment.bytes;
        }
        return {};
    }

    static std::string key(const Segment& segment) { return segment.camera + "/" + segment.file; }

    bool take(const Segment& segment, Why why) {
        if (out_.size() >= kMaxDeletions) return false;
        taken_.insert(key(segment));
        auto& bytes = bytes_[segment.camera];
        bytes -= std::min(bytes, segment.bytes);
        freed_ += segment.bytes;
        out_.push_back({segment, why});
        return true;
    }

    store::Database& database_;
    const Options& options_;
    const RetentionInput& input_;
    std::map<std::string, std::uint64_t> bytes_;
    std::set<std::string> taken_;
    std::uint64_t freed_ = 0;
    std::vector<Deletion> out_;
};

}  // namespace

std::string_view to_string(Why why) {
    constexpr std::array<std::string_view, 4> kWords{"age", "camera-bytes", "total-bytes",
                                                     "free-space"};
    return kWords[static_cast<std::size_t>(why)];
}

Result<std::vector<Deletion>> plan_retention(store::Database& database, const Options& options,
                                             const RetentionInput& input) {
    return Plan(database, options, input).make();
}

}  // namespace casement::recorder
