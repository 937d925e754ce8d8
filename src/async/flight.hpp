#pragma once
// Work that is done once, however many ask for it at the same time.

#include <functional>
#include <memory>
#include <string>

#include "async/deadline.hpp"
#include "async/task_group.hpp"

namespace casement::async {

/// Lives on one executor. Whoever gives up waiting does not end the work, nor does the cancellation
/// of the group: it ends by itself, for its answer may be the only one that there will be.
class Flight {
public:
    /// `tasks` outlives it.
    explicit Flight(TaskGroup& tasks) : tasks_(tasks) {}

    bool is_under_way() const { return flying_ != nullptr; }
    /// The outcome of the work under way, or of `work`, which is started where none is.
    /// DeadlineExceeded ("WHAT: ..."), Cancelled: of this wait alone.
    Task<base::Result<>> join(std::string what, std::function<Task<base::Result<>>()> work,
                              Deadline deadline);

private:
    struct Flying;
    Task<> fly(std::shared_ptr<Flying> flying, std::function<Task<base::Result<>>()> work);

    TaskGroup& tasks_;
    std::shared_ptr<Flying> flying_;
};

}  // namespace casement::async
