#pragma once
// Rows on their way from the cameras to the index, many in one transaction.

#include <memory>
#include <string>
#include <vector>

#include "recorder/catalog.hpp"
#include "recorder/index.hpp"
#include "store/store.hpp"

namespace casement::recorder {

/// Thread-safe. A row that could not be written (the disk of the database is full) stays in the
/// catalog, where the library finds it, and is tried with the next; after a restart recovery finds
/// the file.
class IndexWriter {
public:
    IndexWriter(store::Store& store, Catalog& catalog) : store_(store), catalog_(catalog) {}

    /// Writes soon what the catalog holds of this camera.
    async::Task<base::Result<>> flush(std::string camera);

private:
    store::Store& store_;
    Catalog& catalog_;
};

}  // namespace casement::recorder
