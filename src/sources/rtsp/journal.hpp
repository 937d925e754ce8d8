#pragma once
// Which RTSP sessions are open, written down, so that the next start can end what a crash left:
// some cameras stream for ever to nobody and refuse everybody else until they hear TEARDOWN.

#include <memory>
#include <string>
#include <vector>

#include "async/blocking_pool.hpp"
#include "base/error.hpp"
#include "base/mutex.hpp"

namespace casement::sources::rtsp {

struct OpenSession {
    std::string camera;
    std::string url;  // without credentials
    std::string session_id;
    bool operator==(const OpenSession&) const = default;
};

/// Thread-safe; never blocks its caller.
class SessionJournal {
public:
    virtual ~SessionJournal() = default;
    /// PLAY was answered. Replaces what stood for this camera and URL.
    virtual void opened(OpenSession session) = 0;
    /// TEARDOWN was answered, or the camera ended the session itself.
    virtual void closed(const OpenSession& session) = 0;
};

/// One small file, replaced whole at every change, on `pool`. Both outlive what uses them.
class FileJournal final : public SessionJournal {
public:
    /// Reads what the life before left (a missing or damaged file is an empty one). Blocking:
    /// called at start.
    FileJournal(std::string path, async::BlockingPool& pool);
    ~FileJournal() override;

    void opened(OpenSession session) override;
    void closed(const OpenSession& session) override;

    /// What stands in it now; right after construction: what was left behind.
    std::vector<OpenSession> sessions() const;

private:
    struct State;
    void save();

    async::BlockingPool& pool_;
    const std::shared_ptr<State> state_;
};

}  // namespace casement::sources::rtsp
