#include "store/store.hpp"

namespace casement::store {

base::Result<std::unique_ptr<Store>> Store::open(const std::string& path) {
    CASEMENT_TRY(auto database, Database::open(path));
    return std::unique_ptr<Store>(new Store(std::move(database)));
}

}  // namespace casement::store
