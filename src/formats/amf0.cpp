#include "formats/amf0.hpp"

#include <algorithm>
#include <bit>

namespace casement::formats::amf0 {

using base::ErrorKind;
using base::fail;
using base::Result;

namespace {

/// AMF0 specification §2.1.
enum class Marker : std::uint8_t {
    Number = 0x00,
    Boolean = 0x01,
    String = 0x02,
    Object = 0x03,
    MovieClip = 0x04,
    Null = 0x05,
    Undefined = 0x06,
    Reference = 0x07,
    EcmaArray = 0x08,
    ObjectEnd = 0x09,
    StrictArray = 0x0A,
    Date = 0x0B,
    LongString = 0x0C,
    Unsupported = 0x0D,
    RecordSet = 0x0E,
    XmlDocument = 0x0F,
    TypedObject = 0x10,
    SwitchToAmf3 = 0x11,
};

constexpr std::size_t kMaxShortString = 0xFFFF;

class Parser {
public:
    explicit Parser(base::ByteSpan bytes) : in_(bytes) {}

    Result<std::vector<Value>> all() {
        std::vector<Value> values;
        while (!in_.at_end()) {
            CASEMENT_TRY(auto parsed, value(0));
            const bool stop = parsed.is(Value::Type::Unsupported);
            values.push_back(std::move(parsed));
            if (stop) break;
        }
        return values;
    }

private:
    Result<Value> value(int depth) {
        if (depth > kMaxDepth)
            return fail(ErrorKind::ResourceExhausted, "AMF0: nested deeper than {} levels",
                        kMaxDepth);
        if (++count_ > kMaxValues)
            return fail(ErrorKind::ResourceExhausted, "AMF0: more than {} values", kMaxValues);
        const auto marker = static_cast<Marker>(in_.u8());
        if (in_.failed()) return cut_off();
        switch (marker) {
            case Marker::Number:
                return checked(Value(std::bit_cast<double>(in_.u64())));
            case Marker::Boolean:
                return checked(Value(in_.u8() != 0));
            case Marker::String:
                return checked(Value(base::as_text(in_.take(in_.u16()))));
            case Marker::LongString:
            case Marker::XmlDocument:
                return checked(Value(base::as_text(in_.take(in_.u32()))));
            case Marker::Null:
            case Marker::Undefined:
            case Marker::Unsupported:
                return Value();
            case Marker::Date:
                return date();
            case Marker::EcmaArray:
                in_.skip(4);
                return object(depth);  // the count is a hint only (§2.10)
            case Marker::TypedObject:
                in_.skip(in_.u16());
                return object(depth);
            case Marker::Object:
                return object(depth);
            case Marker::StrictArray:
                return array(depth);
            case Marker::SwitchToAmf3:
                return Value::of(Value::Type::Unsupported);
            case Marker::MovieClip:
            case Marker::Reference:
            case Marker::ObjectEnd:
            case Marker::RecordSet:
                break;
        }
        return fail(ErrorKind::DataLoss, "AMF0: value of type {:#04x}",
                    static_cast<unsigned>(marker));
    }

    Result<Value> date() {
        const double milliseconds = std::bit_cast<double>(in_.u64());
        in_.skip(2);  // time zone: reserved, to be zero (§2.13)
        return checked(Value::of(Value::Type::Date, milliseconds));
    }

    Result<Value> object(int depth) {
        std::vector<Value::Property> properties;
        for (;;) {
            const std::string_view name = base::as_text(in_.take(in_.u16()));
            if (in_.failed()) return cut_off();
            if (name.empty() && next_is_object_end()) break;
            CASEMENT_TRY(auto member, value(depth + 1));
            // What follows an AMF3 value cannot be found: the object ends with it.
            if (member.is(Value::Type::Unsupported)) return member;
            properties.emplace_back(std::string(name), std::move(member));
        }
        return Value::object(std::move(properties));
    }

    bool next_is_object_end() {
        base::ByteReader ahead = in_;
        if (ahead.u8() != static_cast<std::uint8_t>(Marker::ObjectEnd) || ahead.failed())
            return false;
        in_ = ahead;
        return true;
    }

    Result<Value> array(int depth) {
        const std::uint32_t count = in_.u32();
        // An item takes a byte at least: a count beyond what is left is a lie, found before memory
        // is asked for.
        if (in_.failed() || count > in_.left()) return cut_off();
        std::vector<Value> items;
        for (std::uint32_t i = 0; i < count; ++i) {
            CASEMENT_TRY(auto item, value(depth + 1));
            if (item.is(Value::Type::Unsupported)) return item;
            items.push_back(std::move(item));
        }
        return Value::array(std::move(items));
    }

    Result<Value> checked(Value parsed) {
        if (in_.failed()) return cut_off();
        return parsed;
    }
    static std::unexpected<base::Error> cut_off() {
        return fail(ErrorKind::DataLoss, "AMF0: cut off");
    }

    base::ByteReader in_;
    std::size_t count_ = 0;
};

void marker(base::ByteWriter& out, Marker m) { out.u8(static_cast<std::uint8_t>(m)); }

/// Property names longer than 64 KiB do not exist; one would be cut rather than break the framing.
void write_name(base::ByteWriter& out, std::string_view name) {
    name = name.substr(0, kMaxShortString);
    out.u16(name.size()).text(name);
}

void write_properties(base::ByteWriter& out, const Value& object) {
    for (const auto& [name, member] : object.properties()) {
        write_name(out, name);
        write(out, member);
    }
    out.u16(0);
    marker(out, Marker::ObjectEnd);
}

}  // namespace

Value Value::object(std::vector<Property> properties) {
    Value out;
    out.type_ = Type::Object;
    out.properties_ = std::move(properties);
    return out;
}

Value Value::array(std::vector<Value> items) {
    Value out;
    out.type_ = Type::StrictArray;
    out.properties_.reserve(items.size());
    for (Value& item : items) out.properties_.emplace_back(std::string(), std::move(item));
    return out;
}

Value Value::of(Type type, double number) {
    Value out;
    out.type_ = type;
    out.number_ = number;
    return out;
}

std::vector<Value> Value::items() const {
    std::vector<Value> out;
    if (type_ != Type::StrictArray) return out;
    for (const auto& [name, item] : properties_) out.push_back(item);
    return out;
}

const Value* Value::find(std::string_view name) const {
    if (type_ != Type::Object) return nullptr;
    const auto found = std::ranges::find(properties_, name, &Property::first);
    return found == properties_.end() ? nullptr : &found->second;
}

std::string_view Value::text_of(std::string_view name) const {
    const Value* member = find(name);
    return member ? std::string_view(member->text_) : std::string_view();
}

double Value::number_of(std::string_view name, double otherwise) const {
    const Value* member = find(name);
    return member && member->is(Type::Number) ? member->number_ : otherwise;
}

bool Value::operator==(const Value& other) const {
    return type_ == other.type_ &&
           std::bit_cast<std::uint64_t>(number_) == std::bit_cast<std::uint64_t>(other.number_) &&
           text_ == other.text_ && properties_ == other.properties_;
}

Result<std::vector<Value>> parse(base::ByteSpan bytes) { return Parser(bytes).all(); }

void write(base::ByteWriter& out, const Value& value) {
    switch (value.type()) {
        case Value::Type::Null:
            return marker(out, Marker::Null);
        case Value::Type::Unsupported:
            return marker(out, Marker::Unsupported);
        case Value::Type::Boolean:
            marker(out, Marker::Boolean);
            out.u8(value.boolean() ? 1 : 0);
            return;
        case Value::Type::Number:
            marker(out, Marker::Number);
            out.u64(std::bit_cast<std::uint64_t>(value.number()));
            return;
        case Value::Type::Date:
            marker(out, Marker::Date);
            out.u64(std::bit_cast<std::uint64_t>(value.number())).u16(0);
            return;
        case Value::Type::String:
            if (value.text().size() > kMaxShortString) {
                marker(out, Marker::LongString);
                out.u32(value.text().size()).text(value.text());
            } else {
                marker(out, Marker::String);
                out.u16(value.text().size()).text(value.text());
            }
            return;
        case Value::Type::Object:
            marker(out, Marker::Object);
            return write_properties(out, value);
        case Value::Type::StrictArray:
            marker(out, Marker::StrictArray);
            out.u32(value.properties().size());
            for (const auto& [name, item] : value.properties()) write(out, item);
            return;
    }
}

void write_ecma_array(base::ByteWriter& out, const Value& object) {
    marker(out, Marker::EcmaArray);
    out.u32(object.properties().size());
    write_properties(out, object);
}

std::vector<std::uint8_t> written(std::initializer_list<Value> values) {
    base::ByteWriter out(256);
    for (const Value& value : values) write(out, value);
    return out.take();
}

}  // namespace casement::formats::amf0
