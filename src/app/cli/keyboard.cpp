#include "app/cli/keyboard.hpp"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <ostream>

#include "base/text.hpp"

namespace casement::app::cli {

namespace {

using base::ErrorKind;
using base::Result;
using base::Secret;

termios g_shown;  // the terminal as it was, for the handler below

/// Ctrl-C in the middle of a password must not leave a terminal that shows nothing.
extern "C" void restore_and_end(int signal_number) {
    (void)::tcsetattr(STDIN_FILENO, TCSANOW, &g_shown);
    (void)::signal(signal_number, SIG_DFL);
    (void)::raise(signal_number);
}

/// While it lives, the terminal does not show what is typed.
class Hidden {
public:
    Hidden() : is_on_(::tcgetattr(STDIN_FILENO, &g_shown) == 0) {
        if (!is_on_) return;
        struct sigaction end{};
        end.sa_handler = restore_and_end;
        (void)::sigaction(SIGINT, &end, &interrupt_);
        (void)::sigaction(SIGTERM, &end, &terminate_);
        termios silent = g_shown;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        silent.c_lflag |= ECHONL;
        is_on_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
    }
    ~Hidden() {
        if (!is_on_) return;
        (void)::tcsetattr(STDIN_FILENO, TCSAFLUSH, &g_shown);
        (void)::sigaction(SIGINT, &interrupt_, nullptr);
        (void)::sigaction(SIGTERM, &terminate_, nullptr);
    }
    Hidden(const Hidden&) = delete;
    Hidden& operator=(const Hidden&) = delete;
    bool is_on() const { return is_on_; }

private:
    bool is_on_;
    struct sigaction interrupt_{}, terminate_{};
};

class StandardInput : public Keyboard {
public:
    explicit StandardInput(std::ostream& err)
        : err_(err), has_person_(::isatty(STDIN_FILENO) == 1) {}

    bool has_person() const override { return has_person_; }

    Result<Secret> ask(std::string_view prompt, bool is_hidden) override {
        if (!has_person_) return line();
        err_ << prompt << std::flush;
        if (!is_hidden) return line();
        const Hidden hidden;
        if (!hidden.is_on())
            return base::fail(ErrorKind::Unavailable,
                              "this terminal cannot hide what is typed; use a file");
        return line();
    }

private:
    /// A byte at a time: what follows the line is left for whoever reads next.
    Result<Secret> line() {
        std::string out;
        bool has_end = false;
        while (!has_end) {
            char c = 0;
            const ssize_t n = ::read(STDIN_FILENO, &c, 1);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) break;
            has_end = c == '\n';
            if (!has_end) out += c;
            if (out.size() > kMaxLine)
                return base::fail(ErrorKind::ResourceExhausted,
                                  "a line of standard input has more than {} bytes", kMaxLine);
        }
        if (!has_end && out.empty())
            return base::fail(ErrorKind::NotFound, "standard input has ended");
        return Secret(std::string(base::trimmed(out)));
    }

    std::ostream& err_;
    const bool has_person_;
};

}  // namespace

std::unique_ptr<Keyboard> this_keyboard(std::ostream& err) {
    return std::make_unique<StandardInput>(err);
}

}  // namespace casement::app::cli
