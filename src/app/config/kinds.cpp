#include "app/config/sections.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/text.hpp"
#include "base/units.hpp"

namespace casement::app::config {

namespace {

Shape shape(std::string kind, std::string initial) {
    Shape out;
    out.kind = std::move(kind);
    out.initial = std::move(initial);
    return out;
}

/// Reads one scalar with `parse`, which answers an optional; otherwise says what the key needs.
template <typename T, typename Parse>
bool read_scalar(const Value& value, T& out, std::string_view kind, std::string_view example,
                 Parse parse) {
    const auto text = value.text(kind, example);
    if (!text) return false;
    if (auto parsed = parse(*text)) {
        out = std::move(*parsed);
        return true;
    }
    value.wrong(kind, example);
    return false;
}

template <typename T>
std::optional<T> value_or_none(base::Result<T> result) {
    if (!result) return std::nullopt;
    return std::move(*result);
}

std::optional<bool> parse_bool(std::string_view text) {
    for (const std::string_view word : {"true", "on", "yes"}) {
        if (base::iequals(text, word)) return true;
    }
    for (const std::string_view word : {"false", "off", "no"}) {
        if (base::iequals(text, word)) return false;
    }
    return std::nullopt;
}

std::optional<double> parse_double(std::string_view text) {
    double number = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (ec != std::errc{} || end != text.data() + text.size() || !std::isfinite(number))
        return std::nullopt;
    return number;
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
    const std::size_t split = text.rfind(':');
    if (split == std::string_view::npos) return std::nullopt;
    const auto port = base::parse_number<std::uint16_t>(text.substr(split + 1));
    std::string_view host = text.substr(0, split);
    if (!port) return std::nullopt;
    std::array<unsigned char, 16> address{};
    if (host.starts_with('[') && host.ends_with(']')) {
        const std::string inside(host.substr(1, host.size() - 2));
        if (inet_pton(AF_INET6, inside.c_str(), address.data()) != 1) return std::nullopt;
        return ListenAddress{inside, *port};
    }
    const std::string name(host);
    if (inet_pton(AF_INET, name.c_str(), address.data()) != 1) return std::nullopt;
    return ListenAddress{name, *port};
}

/// As one writes it in the file: exact, in the largest unit that divides it.
std::string written_size(std::uint64_t bytes) {
    constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    while (bytes != 0 && bytes % 1024 == 0 && unit + 1 < units.size()) {
        bytes /= 1024;
        ++unit;
    }
    return fmt::format("{}{}", bytes, units[unit]);
}

}  // namespace

std::string ListenAddress::text() const {
    return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                               : fmt::format("[{}]:{}", host, port);
}

Shape Kind<bool>::shape(const bool& initial) {
    return config::shape("true or false", initial ? "true" : "false");
}
bool Kind<bool>::read(const Value& value, bool& out) {
    return read_scalar(value, out, "true or false", "true", parse_bool);
}

Shape Kind<int>::shape(const int& initial) {
    return config::shape("a number", std::to_string(initial));
}
bool Kind<int>::read(const Value& value, int& out) {
    return read_scalar(value, out, "a whole number", "60",
                       [](std::string_view text) { return base::parse_number<int>(text); });
}

Shape Kind<std::uint16_t>::shape(const std::uint16_t& initial) {
    return config::shape("a port", std::to_string(initial));
}
bool Kind<std::uint16_t>::read(const Value& value, std::uint16_t& out) {
    return read_scalar(value, out, "a port from 1 to 65535", "4000", [](std::string_view text) {
        const auto port = base::parse_number<std::uint16_t>(text);
        return port && *port > 0 ? port : std::nullopt;
    });
}

Shape Kind<double>::shape(const double& initial) {
    return config::shape("a number", fmt::format("{}", initial));
}
bool Kind<double>::read(const Value& value, double& out) {
    return read_scalar(value, out, "a number", "0.5", parse_double);
}

Shape Kind<std::string>::shape(const std::string& initial) {
    return config::shape("text", initial);
}
bool Kind<std::string>::read(const Value& value, std::string& out) {
    const auto text = value.text("text", "\"front door\"");
    if (text) out = *text;
    return text.has_value();
}

Shape Kind<Milliseconds>::shape(const Milliseconds& initial) {
    return config::shape("a duration", base::format_duration(initial));
}
bool Kind<Milliseconds>::read(const Value& value, Milliseconds& out) {
    return read_scalar(
        value, out, "a duration with its unit", "250ms, 10s, 5m, 2h or 30d",
        [](std::string_view text) { return value_or_none(base::parse_duration(text)); });
}

Shape Kind<std::uint64_t>::shape(const std::uint64_t& initial) {
    return config::shape("a size", written_size(initial));
}
bool Kind<std::uint64_t>::read(const Value& value, std::uint64_t& out) {
    return read_scalar(
        value, out, "a size with its unit", "500MiB, 200GiB or 1TB",
        [](std::string_view text) { return value_or_none(base::parse_size_bytes(text)); });
}

Shape Kind<ListenAddress>::shape(const ListenAddress& initial) {
    return config::shape("an address and a port", initial.text());
}
bool Kind<ListenAddress>::read(const Value& value, ListenAddress& out) {
    return read_scalar(value, out, "a numeric address and a port",
                       "\"0.0.0.0:8790\", \"127.0.0.1:8790\" or \"[::]:8790\"",
                       parse_listen_address);
}

Shape Kind<std::optional<ListenAddress>>::shape(const std::optional<ListenAddress>& initial) {
    return config::shape("off, or an address and a port", initial ? initial->text() : "off");
}
bool Kind<std::optional<ListenAddress>>::read(const Value& value,
                                              std::optional<ListenAddress>& out) {
    return read_scalar(value, out, "off, or a numeric address and a port",
                       "\"127.0.0.1:5000\" or off",
                       [](std::string_view text) -> std::optional<std::optional<ListenAddress>> {
                           if (text == "off") return std::optional<ListenAddress>{};
                           const auto address = parse_listen_address(text);
                           if (!address) return std::nullopt;
                           return std::optional<ListenAddress>(*address);
                       });
}

Shape Kind<ThreadCount>::shape(const ThreadCount& initial) {
    return config::shape("auto, or a number from 1 to 64",
                         initial.count == 0 ? "auto" : std::to_string(initial.count));
}
bool Kind<ThreadCount>::read(const Value& value, ThreadCount& out) {
    return read_scalar(value, out, "auto or a number from 1 to 64", "auto",
                       [](std::string_view text) -> std::optional<ThreadCount> {
                           if (text == "auto") return ThreadCount{};
                           const auto count = base::parse_number<int>(text);
                           if (!count || *count < 1 || *count > 64) return std::nullopt;
                           return ThreadCount{*count};
                       });
}

Shape Kind<base::Secret>::shape(const base::Secret&) {
    return config::shape("a reference to a secret, like ${NAME} or ${file:/path}", "");
}
bool Kind<base::Secret>::read(const Value& value, base::Secret& out) {
    if (value.node().is_list() || value.node().is_map()) {
        value.error(
            fmt::format("{} needs a reference to a secret, like \"${{NAME}}\"", value.path()));
        return false;
    }
    const auto pieces = value.pieces("a reference to a secret", "\"${NAME}\"");
    if (!pieces) return false;
    if (std::ranges::any_of(
            *pieces, [](const Piece& p) { return p.is_written_in_file() && !p.text.empty(); })) {
        value.error(
            fmt::format("{} is a secret and must not stand in this file; put it in an environment "
                        "variable or in a file of its own, "
                        "and write \"${{NAME}}\" or \"${{file:/run/secrets/name}}\" here",
                        value.path()));
        return false;
    }
    out = base::Secret(joined(*pieces));
    base::mask_in_logs(out.reveal());
    return true;
}

Shape Kind<Tls>::shape(const Tls&) {
    return config::shape("auto, off, or {certificate: FILE, key: FILE}", "auto");
}

bool Kind<Tls>::read(const Value& value, Tls& out) {
    if (value.node().is_map()) {
        TlsFiles files;
        if (!Kind<TlsFiles>::read(value, files)) return false;
        out = std::move(files);
        return true;
    }
    return read_scalar(value, out, "auto, off, or the two files", "{certificate: FILE, key: FILE}",
                       [](std::string_view text) -> std::optional<Tls> {
                           if (text == "auto") return TlsMode::Auto;
                           if (text == "off") return TlsMode::Off;
                           return std::nullopt;
                       });
}

int read_word(const Value& value, const std::vector<std::string>& words) {
    const std::string list = fmt::format("one of {}", fmt::join(words, ", "));
    const auto text = value.text(list, words.front());
    if (!text) return -1;
    const auto found = std::ranges::find(words, *text);
    if (found != words.end()) return static_cast<int>(found - words.begin());
    // The text may come from the environment; only what the file itself says is repeated.
    const bool shown = *text == value.node().text;
    value.error(fmt::format(
        "{} must be {}{}", value.path(), list,
        shown ? fmt::format("; it is \"{}\"{}", text->substr(0, 60), did_you_mean(*text, words))
              : ""));
    return -1;
}

void refuse_unknown_keys(const Value& value, const std::vector<std::string>& known) {
    for (const Entry& entry : value.node().entries) {
        if (std::ranges::find(known, entry.key) != known.end()) continue;
        const std::string under = value.path().empty() ? "" : " under " + value.path();
        value.error_at(entry.key_place,
                       fmt::format("unknown key \"{}\"{}{}", entry.key.substr(0, 60), under,
                                   did_you_mean(entry.key, known)));
    }
}

#define CASEMENT_WORDS(E, ...)                                 \
    std::span<const Word<E>> words_of(std::type_identity<E>) { \
        static constexpr std::array kWords{__VA_ARGS__};       \
        return kWords;                                         \
    }

CASEMENT_WORDS(RecordMode, Word<RecordMode>{"always", RecordMode::Always},
               Word<RecordMode>{"events", RecordMode::Events},
               Word<RecordMode>{"off", RecordMode::Off})
CASEMENT_WORDS(LogFormat, Word<LogFormat>{"auto", LogFormat::Auto},
               Word<LogFormat>{"text", LogFormat::Text}, Word<LogFormat>{"json", LogFormat::Json},
               Word<LogFormat>{"journal", LogFormat::Journal})
CASEMENT_WORDS(base::LogLevel, Word<base::LogLevel>{"trace", base::LogLevel::Trace},
               Word<base::LogLevel>{"debug", base::LogLevel::Debug},
               Word<base::LogLevel>{"info", base::LogLevel::Info},
               Word<base::LogLevel>{"warn", base::LogLevel::Warn},
               Word<base::LogLevel>{"error", base::LogLevel::Error},
               Word<base::LogLevel>{"off", base::LogLevel::Off})
CASEMENT_WORDS(Vendor, Word<Vendor>{"nest", Vendor::Nest}, Word<Vendor>{"nanit", Vendor::Nanit})
CASEMENT_WORDS(NestSignIn, Word<NestSignIn>{"google", NestSignIn::Google},
               Word<NestSignIn>{"google_refresh", NestSignIn::GoogleRefresh},
               Word<NestSignIn>{"nest_token", NestSignIn::NestToken},
               Word<NestSignIn>{"nest_password", NestSignIn::NestPassword},
               Word<NestSignIn>{"device_access", NestSignIn::DeviceAccess})
CASEMENT_WORDS(NestWay, Word<NestWay>{"auto", NestWay::Auto},
               Word<NestWay>{"nexustalk", NestWay::Nexustalk},
               Word<NestWay>{"snapshots", NestWay::Snapshots},
               Word<NestWay>{"device_access", NestWay::DeviceAccess})
CASEMENT_WORDS(FilmLayout, Word<FilmLayout>{"own", FilmLayout::Own},
               Word<FilmLayout>{"foggycam", FilmLayout::Foggycam})
CASEMENT_WORDS(HookSpelling, Word<HookSpelling>{"json", HookSpelling::Json},
               Word<HookSpelling>{"form", HookSpelling::Form},
               Word<HookSpelling>{"json_nested", HookSpelling::JsonNested})
CASEMENT_WORDS(WebhookEncoding, Word<WebhookEncoding>{"json", WebhookEncoding::Json},
               Word<WebhookEncoding>{"form", WebhookEncoding::Form})
CASEMENT_WORDS(Transport, Word<Transport>{"auto", Transport::Auto},
               Word<Transport>{"tcp", Transport::Tcp}, Word<Transport>{"udp", Transport::Udp})
CASEMENT_WORDS(KeepAlive, Word<KeepAlive>{"auto", KeepAlive::Auto},
               Word<KeepAlive>{"options", KeepAlive::Options},
               Word<KeepAlive>{"get_parameter", KeepAlive::GetParameter},
               Word<KeepAlive>{"none", KeepAlive::None})
CASEMENT_WORDS(Power, Word<Power>{"wired", Power::Wired}, Word<Power>{"battery", Power::Battery})

#undef CASEMENT_WORDS

}  // namespace casement::app::config
