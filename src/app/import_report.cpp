#include "app/import_report.hpp"

#include <ostream>

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace casement::app {

namespace {

using Verdict = ImportLine::Verdict;

std::string_view word_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::Taken:
            return "taken";
        case Verdict::Known:
            return "known";
        case Verdict::Ignored:
            return "ignored";
        case Verdict::Problem:
            return "problem";
    }
    return {};
}

}  // namespace

void report_import(const cli::Console& console, const std::vector<ImportLine>& lines,
                   const std::string& yaml, bool is_written) {
    if (!console.json) {
        for (const ImportLine& line : lines)
            console.err << fmt::format("{:8} {}: {}\n", word_of(line.verdict), line.subject,
                                       line.text);
        console.out << yaml;
        return;
    }
    nlohmann::json out = nlohmann::json::array();
    for (const ImportLine& line : lines)
        out.push_back(
            {{"verdict", word_of(line.verdict)}, {"subject", line.subject}, {"text", line.text}});
    console.out << nlohmann::json{{"lines", out}, {"yaml", yaml}, {"written", is_written}}.dump(
                       2, ' ', false, nlohmann::json::error_handler_t::replace)
                << "\n";
}

std::optional<bool> bool_of(std::string_view text) {
    for (const std::string_view word : {"true", "yes", "on", "1"}) {
        if (base::iequals(text, word)) return true;
    }
    for (const std::string_view word : {"false", "no", "off", "0"}) {
        if (base::iequals(text, word)) return false;
    }
    return std::nullopt;
}

std::string yaml_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
    return out + '"';
}

}  // namespace casement::app
