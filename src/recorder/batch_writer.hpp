#pragma once
// Carries the planner's ops out. One per camera; lives on the disk's writing thread.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "recorder/disk.hpp"
#include "recorder/planner.hpp"

namespace casement::recorder {

/// What a batch came to.
struct BatchResult {
    std::vector<Run> runs;             // begun or ended: rows to write, in order
    std::vector<Segment> closed;       // rows to write
    std::optional<Segment> open;       // the growing one, as far as it is on the file
    std::uint64_t bytes = 0;           // written
    std::optional<base::Error> error;  // the disk failed: everything open was closed at its last
                                       // whole fragment, the rest of the batch dropped
};

class BatchWriter {
public:
    explicit BatchWriter(Disk& disk) : disk_(disk) {}

    /// Blocks.
    BatchResult carry_out(std::vector<Op> ops);

private:
    struct Writing {
        std::shared_ptr<GrowingFile> file;  // null until the first append
        Segment segment;
        media::Bytes init;
    };

    base::Result<> append(Append& op);
    base::Result<> create(Writing& writing);
    void close(std::uint64_t file, const media::Bytes& tail, BatchResult& result);
    void give_up(BatchResult& result, const base::Error& error);

    Disk& disk_;
    std::map<std::uint64_t, Writing> open_;
    std::optional<Run> run_;
    base::WallTime run_end_;  // as far as it is written
};

}  // namespace casement::recorder
