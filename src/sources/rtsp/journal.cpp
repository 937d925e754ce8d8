#include "sources/rtsp/journal.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "store/files.hpp"

namespace casement::sources::rtsp {

namespace {

/// A thousand cameras with long URLs.
constexpr std::size_t kMaxFileBytes = 1024 * 1024;

/// One line per session: three percent-encoded words.
std::string to_text(const std::vector<OpenSession>& sessions) {
    std::string out;
    for (const OpenSession& s : sessions)
        out += fmt::format("{} {} {}\n", base::percent_encoded(s.camera),
                           base::percent_encoded(s.url), base::percent_encoded(s.session_id));
    return out;
}

std::vector<OpenSession> from_text(std::string_view text) {
    std::vector<OpenSession> out;
    while (!text.empty()) {
        std::string_view line = base::take_until(text, '\n');
        OpenSession session;
        session.camera = base::percent_decoded(base::take_until(line, ' '));
        session.url = base::percent_decoded(base::take_until(line, ' '));
        session.session_id = base::percent_decoded(line);
        if (!session.url.empty() && !session.session_id.empty()) out.push_back(std::move(session));
    }
    return out;
}

}  // namespace

struct FileJournal::State {
    explicit State(std::string p) : path(std::move(p)) {}

    const std::string path;
    mutable base::Mutex mutex;
    std::vector<OpenSession> sessions CASEMENT_GUARDED_BY(mutex);
    base::Mutex writing;  // one save at a time, each of the newest content
};

FileJournal::FileJournal(std::string path, async::BlockingPool& pool)
    : pool_(pool), state_(std::make_shared<State>(std::move(path))) {
    if (const auto text = store::read_file(state_->path, kMaxFileBytes)) {
        const base::MutexLock lock(state_->mutex);
        state_->sessions = from_text(*text);
    }
}

FileJournal::~FileJournal() = default;

void FileJournal::opened(OpenSession session) {
    {
        const base::MutexLock lock(state_->mutex);
        std::erase_if(state_->sessions, [&](const OpenSession& s) {
            return s.camera == session.camera && s.url == session.url;
        });
        state_->sessions.push_back(std::move(session));
    }
    save();
}

void FileJournal::closed(const OpenSession& session) {
    {
        const base::MutexLock lock(state_->mutex);
        if (std::erase(state_->sessions, session) == 0) return;
    }
    save();
}

std::vector<OpenSession> FileJournal::sessions() const {
    const base::MutexLock lock(state_->mutex);
    return state_->sessions;
}

void FileJournal::save() {
    pool_.post([state = state_] {
        const base::MutexLock one_at_a_time(state->writing);
        std::string text;
        {
            const base::MutexLock lock(state->mutex);
            text = to_text(state->sessions);
        }
        if (const auto written = store::replace_file(state->path, text); !written) {
            base::Log{}.warn("The journal of RTSP sessions cannot be written: {}",
                             written.error().message());
        }
    });
}

}  // namespace casement::sources::rtsp
