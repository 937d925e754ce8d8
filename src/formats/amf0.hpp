#pragma once
// AMF0 (Adobe Action Message Format, version 0): the values of RTMP commands and of FLV script
// tags.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"
#include "base/error.hpp"

namespace casement::formats::amf0 {

/// One value. Objects and arrays own their members; a small tree, never on the frame path.
class Value {
public:
    enum class Type : std::uint8_t {
        Null,  // also undefined
        Boolean,
        Number,
        String,  // also long string and XML
        Object,  // also ECMA array and typed object (its class name is dropped)
        StrictArray,
        Date,         // number() is milliseconds since 1970, UTC
        Unsupported,  // AMF3 follows from here on: not read
    };
    using Property = std::pair<std::string, Value>;

    Value() = default;
    Value(double number) : type_(Type::Number), number_(number) {}  // NOLINT: values convert freely
    Value(int number) : Value(static_cast<double>(number)) {}
    Value(bool boolean) : type_(Type::Boolean), number_(boolean ? 1 : 0) {}
    Value(std::string text) : type_(Type::String), text_(std::move(text)) {}
    Value(std::string_view text) : Value(std::string(text)) {}
    Value(const char* text) : Value(std::string(text)) {}
    static Value object(std::vector<Property> properties = {});
    static Value array(std::vector<Value> items = {});
    static Value of(Type type, double number = 0);

    Type type() const { return type_; }
    bool is(Type type) const { return type_ == type; }
    double number() const { return number_; }          // 0 unless Number, Boolean or Date
    bool boolean() const { return number_ != 0; }      // of a Number too: encoders mix them
    const std::string& text() const { return text_; }  // empty unless String
    const std::vector<Property>& properties() const {
        return properties_;
    }  // of an Object, in order
    std::vector<Value> items() const;  // of a StrictArray
    /// The first property of that name, or null when there is none or this is no object.
    const Value* find(std::string_view name) const;
    std::string_view text_of(std::string_view name) const;
    double number_of(std::string_view name, double otherwise = 0) const;

    bool operator==(const Value&) const;

private:
    Type type_ = Type::Null;
    double number_ = 0;
    std::string text_;
    std::vector<Property> properties_;  // a StrictArray keeps its items here under empty names
};

/// A command object nests two deep, metadata three; what is deeper is an attack on the stack.
inline constexpr int kMaxDepth = 8;
/// Metadata of encoders holds some 30 values; recorded files add key frame tables.
inline constexpr std::size_t kMaxValues = 4096;

/// Reads values until the end of `bytes`. DataLoss when cut off or of an unknown type,
/// ResourceExhausted past a limit above. A switch to AMF3 (type 0x11) ends the list with a value of
/// type Unsupported.
base::Result<std::vector<Value>> parse(base::ByteSpan bytes);

/// Objects are written as anonymous objects. Strings over 65535 bytes become long strings.
void write(base::ByteWriter& out, const Value& value);
/// The same as an ECMA array, which is how FLV files hold onMetaData (FLV 10.1 §E.4.4.1:
/// SCRIPTDATAECMAARRAY).
void write_ecma_array(base::ByteWriter& out, const Value& object);
std::vector<std::uint8_t> written(std::initializer_list<Value> values);

}  // namespace casement::formats::amf0
