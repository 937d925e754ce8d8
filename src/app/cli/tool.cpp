#include "app/cli/tool.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "base/text.hpp"

namespace casement::app::cli {

namespace {

using base::ErrorKind;
using base::fail;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxOutputBytes = 256 << 10;

std::string reason(int error_number) { return std::generic_category().message(error_number); }

std::string find_program(const std::string& name) {
    const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): one thread
    const std::string folders = std::string(path != nullptr ? path : "") + ":/usr/sbin:/sbin";
    std::string_view rest = folders;
    while (!rest.empty()) {
        const std::string_view folder = base::take_until(rest, ':');
        // A relative folder is whatever the caller happens to stand in.
        if (!folder.starts_with('/')) continue;
        std::string candidate = fmt::format("{}/{}", folder, name);
        if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    return {};
}

/// Both ends close with it.
struct Pipe {
    Pipe() {
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) ends = {-1, -1};
    }
    ~Pipe() {
        close_end(0);
        close_end(1);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    void close_end(std::size_t which) {
        if (ends[which] >= 0) ::close(ends[which]);
        ends[which] = -1;
    }
    std::array<int, 2> ends{-1, -1};
};

/// Reads until the other side closes; false when the time ended first.
bool read_until(int from, Clock::time_point end, std::string& out) {
    std::array<char, 4096> bytes{};
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        if (left <= 0) return false;
        pollfd wanted{from, POLLIN, 0};
        const int ready = ::poll(&wanted, 1, static_cast<int>(left));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return false;
        const ssize_t got = ::read(from, bytes.data(), bytes.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return true;
        if (out.size() < kMaxOutputBytes) out.append(bytes.data(), static_cast<std::size_t>(got));
    }
}

}  // namespace

base::Result<ToolOutput> run_tool(const std::vector<std::string>& arguments,
                                  std::chrono::milliseconds at_most) {
    const std::string program = find_program(arguments.front());
    if (program.empty()) return fail(ErrorKind::NotFound, "{} is not installed", arguments.front());
    Pipe output;
    if (output.ends[0] < 0)
        return fail(ErrorKind::Unavailable, "no pipe for {}: {}", arguments.front(), reason(errno));

    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (const std::string& argument : arguments)
        argv.push_back(const_cast<char*>(argument.data()));
    argv.push_back(nullptr);
    // What it says is read by us: in English, and without a pager or colours.
    std::array<std::string, 2> words{"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
    std::array<char*, 3> environment{words[0].data(), words[1].data(), nullptr};

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output.ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output.ends[1], STDERR_FILENO);
    pid_t child = 0;
    const int failed =
        ::posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0)
        return fail(ErrorKind::Unavailable, "{} cannot be started: {}", program, reason(failed));
    output.close_end(1);

    ToolOutput out;
    out.is_timed_out = !read_until(output.ends[0], Clock::now() + at_most, out.text);
    if (out.is_timed_out) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    out.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return out;
}

}  // namespace casement::app::cli
