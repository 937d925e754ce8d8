#include "drivers/nest/credentials.hpp"

namespace casement::drivers::nest {

std::pair<std::string, base::Secret> header_of(const Credential& credential) {
    if (credential.kind == Credential::Kind::SessionToken)
        return {"Cookie", base::Secret("website_2=" + credential.value.reveal())};
    // The literal word and the raw token: this is not HTTP's Basic.
    return {"Authorization", base::Secret("Basic " + credential.value.reveal())};
}

}  // namespace casement::drivers::nest
