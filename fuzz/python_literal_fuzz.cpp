// A dictionary as Python prints it: whatever is read is JSON.
#include <cstdlib>

#include "base/byte_reader.hpp"
#include "drivers/arlo/python_literal.hpp"
#include "protocols/arlo/fields.hpp"

using namespace casement;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = base::as_text({data, size});
    const auto json = drivers::arlo::json_of_python(text);
    if (!json) return 0;
    // Its own rules (one object, no name twice, UTF-8, its limits) may refuse it; it may not crash.
    (void)protocols::arlo::parse_fields(*json);
    // JSON of texts, numbers and lists alone is read the same again but for the three words.
    if (json->size() <= drivers::arlo::kMaxLiteralBytes &&
        json->find("true") == std::string::npos && json->find("false") == std::string::npos &&
        json->find("null") == std::string::npos && !drivers::arlo::json_of_python(*json))
        std::abort();
    return 0;
}
