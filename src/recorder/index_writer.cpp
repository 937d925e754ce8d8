#include "recorder/index_writer.hpp"

namespace casement::recorder {

async::Task<base::Result<>> IndexWriter::flush(std::string camera) {
    co_return co_await store_.run(
        [this, camera = std::move(camera)](store::Database& database) -> base::Result<> {
            Catalog::View view = catalog_.pending(camera);
            if (view.segments.empty() && view.runs.empty()) return {};
            CASEMENT_TRY(database.transaction(store::Durability::Fast, [&]() -> base::Result<> {
                for (const Run& run : view.runs) {
                    CASEMENT_TRY(index::put_run(database, run));
                }
                for (const Segment& segment : view.segments) {
                    CASEMENT_TRY(index::put_segment(database, segment));
                }
                return {};
            }));
            catalog_.indexed(camera, view.segments.size(), view.runs.size());
            return {};
        });
}

}  // namespace casement::recorder
