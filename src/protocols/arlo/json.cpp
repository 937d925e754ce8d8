#include "protocols/arlo/json.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

#include "protocols/arlo/frame.hpp"
#include "protocols/arlo/shown.hpp"

namespace casement::protocols::arlo {

namespace {

using base::ErrorKind;

/// Walks a text before anything is built from it, and stops at the first thing we do not take.
class Examiner : public nlohmann::json_sax<Json> {
public:
    const std::optional<base::Error>& problem() const { return problem_; }

    bool null() override { return count_value(); }
    bool boolean(bool) override { return count_value(); }
    bool number_integer(number_integer_t) override { return count_value(); }
    bool number_unsigned(number_unsigned_t) override { return count_value(); }
    bool number_float(number_float_t, const string_t&) override { return count_value(); }
    bool string(string_t&) override { return count_value(); }
    bool binary(binary_t&) override { return false; }  // JSON text has none

    bool start_object(std::size_t) override { return open(); }
    bool start_array(std::size_t) override { return open(); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        if (names_.back().insert(name).second) return true;
        return refuse(ErrorKind::InvalidArgument,
                      fmt::format("not a message: it holds {} twice", shown(name)));
    }
    bool parse_error(std::size_t position, const std::string& token,
                     const Json::exception& error) override {
        // 406: a number beyond a double. The library's words for the rest name its own insides.
        if (error.id == 406)
            return refuse(ErrorKind::InvalidArgument,
                          fmt::format("not a message: the number {} is too large", shown(token)));
        return refuse(ErrorKind::InvalidArgument,
                      fmt::format("not JSON: byte {} at {}", position, shown(token)));
    }

private:
    bool open() {
        if (names_.size() == kMaxDepth)
            return refuse(ErrorKind::ResourceExhausted,
                          fmt::format("a message nested over {} levels deep", kMaxDepth));
        names_.emplace_back();
        return count_value();
    }
    bool close() {
        names_.pop_back();
        return true;
    }
    bool count_value() {
        if (++values_ <= kMaxValues) return true;
        return refuse(ErrorKind::ResourceExhausted,
                      fmt::format("a message of over {} values", kMaxValues));
    }
    bool refuse(ErrorKind kind, std::string sentence) {
        problem_.emplace(kind, std::move(sentence));
        return false;
    }

    std::vector<std::set<std::string>> names_;  // of each object and list that is open
    std::size_t values_ = 0;
    std::optional<base::Error> problem_;
};

}  // namespace

base::Result<Json> parse_object(std::string_view text) {
    if (text.size() > kMaxJsonBytes)
        return base::fail(ErrorKind::ResourceExhausted,
                          "a message of {} bytes is too long; the limit is {}", text.size(),
                          kMaxJsonBytes);
    Examiner examiner;
    const bool is_json = Json::sax_parse(text, &examiner);
    if (examiner.problem()) return std::unexpected(*examiner.problem());
    Json json = is_json ? Json::parse(text, nullptr, false) : Json(Json::value_t::discarded);
    if (!json.is_object())
        return base::fail(ErrorKind::InvalidArgument, "not a message: {} is no JSON object",
                          shown(text));
    return json;
}

std::string dump(const Json& json) {
    return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

Value value_of(const Json& json) {
    switch (json.type()) {
        case Json::value_t::boolean:
            return json.get<bool>();
        case Json::value_t::number_integer:
            return json.get<std::int64_t>();
        case Json::value_t::number_unsigned:
            if (json.get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max())
                return json.get<std::int64_t>();
            return RawJson{dump(json)};
        case Json::value_t::number_float:
            return json.get<double>();
        case Json::value_t::string:
            return json.get<std::string>();
        default:
            return RawJson{dump(json)};
    }
}

Json json_of(const Value& value) {
    const auto* raw = std::get_if<RawJson>(&value);
    if (raw == nullptr)
        return std::visit(
            [](const auto& held) {
                if constexpr (std::same_as<std::remove_cvref_t<decltype(held)>, RawJson>)
                    return Json();
                else
                    return Json(held);
            },
            value);
    Examiner examiner;
    if (raw->text.size() > kMaxJsonBytes || !Json::sax_parse(raw->text, &examiner)) return {};
    return Json::parse(raw->text, nullptr, false);
}

Fields fields_of(const Json& object) {
    Fields out;
    for (const auto& [name, value] : object.items()) out.set(name, value_of(value));
    return out;
}

Json json_of(const Fields& fields) {
    Json out = Json::object();
    for (const auto& [name, value] : fields) out[name] = json_of(value);
    return out;
}

}  // namespace casement::protocols::arlo
