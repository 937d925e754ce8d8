// AMF0: what is read can be written, and reads the same again.
#include "base/byte_reader.hpp"
#include "formats/amf0.hpp"
#include "media/bytes.hpp"

using namespace casement;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto values = formats::amf0::parse({data, size});
    if (!values) return 0;
    base::ByteWriter out;
    for (const auto& value : *values) formats::amf0::write(out, value);
    const auto again = formats::amf0::parse(out.view());
    // What stands for AMF3 is written as "unsupported", which reads as null.
    if (again && again->size() == values->size() && !values->empty() &&
        !values->back().is(formats::amf0::Value::Type::Unsupported) && *again != *values)
        __builtin_trap();
    if (!again) __builtin_trap();
    return 0;
}
