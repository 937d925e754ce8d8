#include "base/log.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <vector>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/clock.hpp"
#include "base/mutex.hpp"

namespace casement::base {

namespace {

constexpr int kAsEverybody = -1;

// The process's log output is the one piece of global state: a line from anywhere ends in the same
// stderr.
struct Output {
    Mutex mutex;
    std::vector<std::string> secrets CASEMENT_GUARDED_BY(mutex);
    std::map<std::string, std::atomic<int>, std::less<>> component_levels
        CASEMENT_GUARDED_BY(mutex);  // entries are never removed
    std::function<void(LogLevel, std::string_view)> capture CASEMENT_GUARDED_BY(mutex);
    std::shared_ptr<spdlog::logger> logger =
        std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    std::atomic<LogLevel> level{LogLevel::Info};
    std::atomic<LogFormat> format{LogFormat::Text};
};

Output& output() {
    static Output instance;
    return instance;
}

std::string_view word(LogLevel level) {
    switch (level) {
        case LogLevel::Trace:
            return "trace";
        case LogLevel::Debug:
            return "debug";
        case LogLevel::Info:
            return "info";
        case LogLevel::Warn:
            return "warn";
        case LogLevel::Error:
            return "error";
        case LogLevel::Off:
            return "off";
    }
    return "info";
}

int journal_priority(LogLevel level) {
    switch (level) {
        case LogLevel::Error:
            return 3;
        case LogLevel::Warn:
            return 4;
        case LogLevel::Info:
            return 6;
        default:
            return 7;
    }
}

/// Control characters would let an input forge lines.
std::string escaped(std::string_view text, bool json) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (json && (c == '"' || c == '\\')) out += '\\';
        if (static_cast<unsigned char>(c) < 0x20) {
            out += json ? fmt::format("\\u{:04x}", static_cast<int>(c))
                        : fmt::format("\\x{:02x}", static_cast<int>(c));
        } else {
            out += c;
        }
    }
    return out;
}

/// rtsp://user:password@host -> rtsp://***@host
void mask_url_credentials(std::string& text) {
    for (std::size_t at = text.find("://"); at != std::string::npos;
         at = text.find("://", at + 3)) {
        const std::size_t begin = at + 3;
        const std::size_t end = text.find_first_of("/ \"'<>?#", begin);
        const std::size_t sign = text.rfind('@', end == std::string::npos ? end : end - 1);
        if (sign == std::string::npos || sign < begin) continue;
        text.replace(begin, sign - begin, "***");
    }
}

}  // namespace

Log Log::with(std::string_view key, std::string_view value) const {
    const bool quote = value.empty() || value.find_first_of(" \"=") != std::string_view::npos;
    std::string field =
        quote ? fmt::format(" {}=\"{}\"", key, value) : fmt::format(" {}={}", key, value);
    Log child;
    child.component_level_ = component_level_;
    child.context_ =
        std::make_shared<const std::string>(context_ ? *context_ + field : std::move(field));
    return child;
}

Log Log::component(std::string_view name) const {
    Log child = with("component", name);
    Output& out = output();
    const MutexLock lock(out.mutex);
    child.component_level_ =
        &out.component_levels.try_emplace(std::string(name), kAsEverybody).first->second;
    return child;
}

bool Log::passes(LogLevel level) const {
    const int own = component_level_ != nullptr ? component_level_->load(std::memory_order_relaxed)
                                                : kAsEverybody;
    return own == kAsEverybody ? enabled(level) : static_cast<int>(level) >= own;
}

bool Log::enabled(LogLevel level) {
    return level >= output().level.load(std::memory_order_relaxed);
}

void Log::line(LogLevel level, std::string&& text) const {
    Output& out = output();
    if (context_) text += *context_;
    const std::string clean = masked(text);
    {
        const MutexLock lock(out.mutex);
        if (out.capture) {
            out.capture(level, clean);
            return;
        }
    }
    const std::string now = format_rfc3339(SystemClock{}.wall_now());
    switch (out.format.load(std::memory_order_relaxed)) {
        case LogFormat::Text:
            out.logger->log(spdlog::level::critical, "{} {:<5} {}", now, word(level),
                            escaped(clean, false));
            break;
        case LogFormat::Json:
            out.logger->log(spdlog::level::critical,
                            R"({{"timestamp":"{}","level":"{}","message":"{}"}})", now, word(level),
                            escaped(clean, true));
            break;
        case LogFormat::Journal:
            out.logger->log(spdlog::level::critical, "<{}>{}", journal_priority(level),
                            escaped(clean, false));
            break;
    }
}

void set_up_logging(LogLevel level, LogFormat format) {
    Output& out = output();
    out.logger->set_pattern("%v");
    out.level = level;
    out.format = format;
}

void set_component_levels(const std::map<std::string, LogLevel>& levels) {
    Output& out = output();
    const MutexLock lock(out.mutex);
    for (auto& [name, level] : out.component_levels) level = kAsEverybody;
    for (const auto& [name, level] : levels) {
        out.component_levels.try_emplace(name, kAsEverybody).first->second =
            static_cast<int>(level);
    }
}

void mask_in_logs(std::string_view secret) {
    if (secret.size() < 4) return;  // masking "a" would hide everything and protect nothing
    Output& out = output();
    const MutexLock lock(out.mutex);
    if (std::find(out.secrets.begin(), out.secrets.end(), secret) != out.secrets.end()) return;
    // Longest first: a secret that another one begins with would otherwise leave the other's end
    // readable.
    const auto shorter = [&secret](const std::string& other) {
        return other.size() < secret.size();
    };
    out.secrets.emplace(std::find_if(out.secrets.begin(), out.secrets.end(), shorter), secret);
}

std::string masked(std::string_view text) {
    std::string out(text);
    {
        Output& o = output();
        const MutexLock lock(o.mutex);
        for (const std::string& secret : o.secrets) {
            for (std::size_t at = out.find(secret); at != std::string::npos;
                 at = out.find(secret, at + 3)) {
                out.replace(at, secret.size(), "***");
            }
        }
    }
    mask_url_credentials(out);
    return out;
}

void capture_log(std::function<void(LogLevel, std::string_view)> sink) {
    Output& out = output();
    const MutexLock lock(out.mutex);
    out.capture = std::move(sink);
}

}  // namespace casement::base
