// A form with a picture, as the emulated Nanit cloud reads one: its parts lie within it.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "emulators/nanit/form_data.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace casement::emulators::nanit;
    const std::string_view form(reinterpret_cast<const char*>(data), size);
    const std::string_view type = form.substr(0, form.find('\n'));
    const std::string_view body = form.substr(std::min(size, type.size() + 1));
    for (const std::string_view kind :
         {type, std::string_view("multipart/form-data; boundary=b")}) {
        const auto parts = parse_form_data(kind, body);
        if (!parts) continue;
        if (parts->size() > kMaxFormParts) std::abort();
        for (const FormPart& part : *parts) {
            if (part.name.empty() || part.body.data() < body.data() ||
                part.body.data() + part.body.size() > body.data() + body.size())
                std::abort();
        }
    }
    return 0;
}
