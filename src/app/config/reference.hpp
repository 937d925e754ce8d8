#pragma once
// docs/ref/config.md, written from the descriptions of the keys and the defaults of the structs. A
// test compares the two.

#include <string>

namespace casement::app::config {

std::string reference_page();

}  // namespace casement::app::config
