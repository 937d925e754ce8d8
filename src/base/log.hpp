#pragma once
// Logging: a sentence first, then key=value fields; the context travels from parent to child;
// secrets are masked in the sink.

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace casement::base {

enum class LogLevel { Trace, Debug, Info, Warn, Error, Off };

/// Levels: error = a person must act; warn = we recovered; info = life of the system; debug =
/// protocol dialogue; trace = bytes. A small value; copy it freely. Thread-safe.
class Log {
public:
    /// Writes to the process's sink with no context.
    Log() = default;

    /// A child that adds ` key=value` to every line. Values with spaces are quoted.
    Log with(std::string_view key, std::string_view value) const;
    /// The same as with("component", name), and the lines obey the level of that component where
    /// one is set.
    Log component(std::string_view name) const;

    template <typename... Args>
    void trace(fmt::format_string<Args...> f, Args&&... args) const {
        write(LogLevel::Trace, f, std::forward<Args>(args)...);
    }
    template <typename... Args>
    void debug(fmt::format_string<Args...> f, Args&&... args) const {
        write(LogLevel::Debug, f, std::forward<Args>(args)...);
    }
    template <typename... Args>
    void info(fmt::format_string<Args...> f, Args&&... args) const {
        write(LogLevel::Info, f, std::forward<Args>(args)...);
    }
    template <typename... Args>
    void warn(fmt::format_string<Args...> f, Args&&... args) const {
        write(LogLevel::Warn, f, std::forward<Args>(args)...);
    }
    template <typename... Args>
    void error(fmt::format_string<Args...> f, Args&&... args) const {
        write(LogLevel::Error, f, std::forward<Args>(args)...);
    }

    static bool enabled(LogLevel level);

private:
    template <typename... Args>
    void write(LogLevel level, fmt::format_string<Args...> f, Args&&... args) const {
        if (passes(level)) line(level, fmt::format(f, std::forward<Args>(args)...));
    }
    bool passes(LogLevel level) const;
    void line(LogLevel level, std::string&& text) const;

    std::shared_ptr<const std::string> context_;
    const std::atomic<int>* component_level_ =
        nullptr;  // lives as long as the process; negative = as everybody
};

enum class LogFormat { Text, Json, Journal };

/// Called once by app/ before threads start. Logs to stderr.
void set_up_logging(LogLevel level, LogFormat format);
/// Replaces the levels of single components; those that are not named follow the level of
/// set_up_logging. Thread-safe, at any time.
void set_component_levels(const std::map<std::string, LogLevel>& levels);
/// From now on every occurrence of `secret` (4 characters or more) is written as "***".
/// Thread-safe.
void mask_in_logs(std::string_view secret);
/// Masks registered secrets and the user part of any URL. What the sink applies; public for API
/// answers and tests.
std::string masked(std::string_view text);
/// For tests: lines go to `sink` (already masked, without time stamp); empty restores stderr.
void capture_log(std::function<void(LogLevel, std::string_view)> sink);

}  // namespace casement::base
