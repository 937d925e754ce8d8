#pragma once
// How single values are written: durations, sizes, addresses, URLs, secrets, words.

#include "app/config/config.hpp"
#include "app/config/schema.hpp"

namespace casement::app::config {

#define CASEMENT_KIND(Type)                              \
    template <>                                          \
    struct Kind<Type> {                                  \
        static Shape shape(const Type& initial);         \
        static bool read(const Value& value, Type& out); \
    }

CASEMENT_KIND(bool);  // true, false, on, off, yes, no
CASEMENT_KIND(int);
CASEMENT_KIND(std::uint16_t);  // a port
CASEMENT_KIND(double);
CASEMENT_KIND(std::string);
CASEMENT_KIND(Milliseconds);
CASEMENT_KIND(std::uint64_t);  // a size in bytes
CASEMENT_KIND(ListenAddress);
CASEMENT_KIND(std::optional<ListenAddress>);  // off = none
CASEMENT_KIND(base::Url);
CASEMENT_KIND(base::Secret);  // must be a reference
CASEMENT_KIND(Tls);
CASEMENT_KIND(Source);
CASEMENT_KIND(ThreadCount);

#undef CASEMENT_KIND

/// The words of an enumeration, as they are written.
template <typename E>
struct Word {
    std::string_view word;
    E value;
};
std::span<const Word<RecordMode>> words_of(std::type_identity<RecordMode>);
std::span<const Word<LogFormat>> words_of(std::type_identity<LogFormat>);
std::span<const Word<base::LogLevel>> words_of(std::type_identity<base::LogLevel>);
std::span<const Word<Vendor>> words_of(std::type_identity<Vendor>);
std::span<const Word<NestSignIn>> words_of(std::type_identity<NestSignIn>);
std::span<const Word<NestWay>> words_of(std::type_identity<NestWay>);
std::span<const Word<FilmLayout>> words_of(std::type_identity<FilmLayout>);
std::span<const Word<WebhookEncoding>> words_of(std::type_identity<WebhookEncoding>);
std::span<const Word<HookSpelling>> words_of(std::type_identity<HookSpelling>);
std::span<const Word<Transport>> words_of(std::type_identity<Transport>);
std::span<const Word<KeepAlive>> words_of(std::type_identity<KeepAlive>);
std::span<const Word<Power>> words_of(std::type_identity<Power>);

/// Which of `words` the value is; -1 after reporting that it is none.
int read_word(const Value& value, const std::vector<std::string>& words);

template <typename E>
    requires std::is_enum_v<E>
struct Kind<E> {
    static Shape shape(const E& initial) {
        Shape out;
        for (const auto& [word, value] : words_of(std::type_identity<E>{})) {
            out.kind += fmt::format("{}{}", out.kind.empty() ? "" : ", ", word);
            if (value == initial) out.initial = word;
        }
        out.kind = "one of " + out.kind;
        return out;
    }
    static bool read(const Value& value, E& out) {
        const auto table = words_of(std::type_identity<E>{});
        std::vector<std::string> words;
        for (const auto& entry : table) words.emplace_back(entry.word);
        const int index = read_word(value, words);
        if (index >= 0) out = table[static_cast<std::size_t>(index)].value;
        return index >= 0;
    }
};

/// Reads a URL whose references may hold any character where credentials stand, refuses a password
/// that is written in the file, and masks every secret of it in the log. Schemes are checked
/// against `schemes`.
std::optional<base::Url> read_url(const Value& value, std::span<const std::string_view> schemes,
                                  std::string_view example);

}  // namespace casement::app::config
