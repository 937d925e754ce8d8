#include "app/version.hpp"

namespace casement::app {

const std::string_view kVersion = CASEMENT_VERSION;

}  // namespace casement::app
