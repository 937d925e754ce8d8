#include "drivers/arlo/python_literal.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/text.hpp"

namespace casement::drivers::arlo {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Walks the text once and writes JSON as it goes.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    Result<std::string> whole() {
        CASEMENT_TRY(value(0));
        skip_blanks();
        if (!rest_.empty()) return wrong("something stands behind its end");
        return std::move(out_);
    }

private:
    std::unexpected<base::Error> wrong(std::string_view what) const {
        return fail(ErrorKind::InvalidArgument, "no dictionary as Python writes it: {}", what);
    }
    void skip_blanks() {
        const std::size_t at = rest_.find_first_not_of(" \t\r\n");
        rest_ = at == std::string_view::npos ? std::string_view{} : rest_.substr(at);
    }
    bool take(char c) {
        skip_blanks();
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool take_word(std::string_view word, std::string_view json) {
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        out_ += json;
        return true;
    }

    Result<> value(int depth) {
        if (depth > kMaxLiteralDepth)
            return fail(ErrorKind::ResourceExhausted, "a dictionary of more than {} levels",
                        kMaxLiteralDepth);
        skip_blanks();
        if (rest_.empty()) return wrong("it ends too early");
        const char c = rest_.front();
        if (c == '{') return dictionary(depth);
        if (c == '[') return list('[', ']', depth);
        if (c == '(') return list('(', ')', depth);
        if (c == '\'' || c == '"') return string();
        if (is_digit(c) || c == '-' || c == '.') return number();
        if (take_word("True", "true") || take_word("False", "false") || take_word("None", "null"))
            return {};
        return wrong("a value that is none of text, number, list, dictionary, True, False, None");
    }

    Result<> dictionary(int depth) {
        (void)take('{');
        out_ += '{';
        for (bool is_first = true; !take('}'); is_first = false) {
            if (!is_first) {
                if (!take(',')) return wrong("a comma is missing");
                if (take('}')) break;  // Python allows one behind the last
                out_ += ',';
            }
            skip_blanks();
            if (!rest_.starts_with('\'') && !rest_.starts_with('"'))
                return wrong("a key that is no text");
            CASEMENT_TRY(string());
            if (!take(':')) return wrong("a colon is missing");
            out_ += ':';
            CASEMENT_TRY(value(depth + 1));
        }
        out_ += '}';
        return {};
    }

    Result<> list(char begin, char end, int depth) {
        (void)take(begin);
        out_ += '[';
        for (bool is_first = true; !take(end); is_first = false) {
            if (!is_first) {
                if (!take(',')) return wrong("a comma is missing");
                if (take(end)) break;
                out_ += ',';
            }
            CASEMENT_TRY(value(depth + 1));
        }
        out_ += ']';
        return {};
    }

    Result<> number() {
        const std::size_t end = rest_.find_first_not_of("+-.0123456789eE");
        const std::string_view text = rest_.substr(0, end);
        rest_.remove_prefix(text.size());
        if (base::parse_number<std::int64_t>(text)) {
            out_ += text;
            return {};
        }
        double value = 0;
        const auto [behind, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || behind != text.data() + text.size() || !std::isfinite(value))
            return wrong("a number that is none");
        out_ += fmt::format("{}", value);
        return {};
    }

    Result<> string() {
        const char quote = rest_.front();
        rest_.remove_prefix(1);
        out_ += '"';
        while (!rest_.empty()) {
            const char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == quote) {
                out_ += '"';
                return {};
            }
            if (c != '\\') {
                add(static_cast<unsigned char>(c));
                continue;
            }
            CASEMENT_TRY(escape());
        }
        return wrong("a text without its end");
    }

    Result<> escape() {
        if (rest_.empty()) return wrong("a text without its end");
        const char c = rest_.front();
        rest_.remove_prefix(1);
        switch (c) {
            case '\n':  // a line that goes on
                return {};
            case 'n':
                return add('\n'), Result<>{};
            case 'r':
                return add('\r'), Result<>{};
            case 't':
                return add('\t'), Result<>{};
            case 'b':
                return add('\b'), Result<>{};
            case 'f':
                return add('\f'), Result<>{};
            case 'x':
                return code_point(2);
            case 'u':
                return code_point(4);
            case 'U':
                return code_point(8);
            case '\\':
            case '\'':
            case '"':
                return add(static_cast<unsigned char>(c)), Result<>{};
            default:  // Python keeps a backslash that means nothing
                add('\\');
                return add(static_cast<unsigned char>(c)), Result<>{};
        }
    }

    Result<> code_point(std::size_t digits) {
        const auto code = base::parse_number<std::uint32_t>(rest_.substr(0, digits), 16);
        if (!code || rest_.size() < digits || *code > 0x10FFFF)
            return wrong("an escaped character that is none");
        rest_.remove_prefix(digits);
        if (*code >= 0x10000) {
            const std::uint32_t high = *code - 0x10000;
            out_ +=
                fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (high >> 10), 0xDC00 + (high & 0x3FF));
        } else {
            out_ += fmt::format("\\u{:04x}", *code);
        }
        return {};
    }

    void add(unsigned char c) {
        if (c == '"' || c == '\\') {
            out_ += '\\';
            out_ += static_cast<char>(c);
        } else if (c < 0x20) {
            out_ += fmt::format("\\u{:04x}", c);
        } else {
            out_ += static_cast<char>(c);
        }
    }

    std::string_view rest_;
    std::string out_;
};

}  // namespace

Result<std::string> json_of_python(std::string_view text) {
    if (text.size() > kMaxLiteralBytes)
        return fail(ErrorKind::ResourceExhausted, "a dictionary of {} bytes; the limit is {}",
                    text.size(), kMaxLiteralBytes);
    return Reader(text).whole();
}

}  // namespace casement::drivers::arlo
