#include "app/reload.hpp"

#include <utility>

namespace casement::app {

void log_problems(const base::Log& log, const config::Problems& problems) {
    for (const config::Problem& problem : problems) {
        if (problem.severity == config::Problem::Severity::Error) {
            log.error("{}", problem.text());
        } else {
            log.warn("{}", problem.text());
        }
    }
}

Reload::Reload(const async::Executor& executor, base::Log log, config::Config current, Read read,
               Apply apply)
    : log_(std::move(log)),
      current_(std::move(current)),
      read_(std::move(read)),
      apply_(std::move(apply)),
      bell_(executor) {}

async::Task<> Reload::run() {
    while (co_await bell_.wait()) co_await once();
}

async::Task<bool> Reload::once() {
    auto loaded = read_();
    if (!loaded) {
        log_.error("Reload: {}; nothing was changed", loaded.error().message());
        co_return false;
    }
    log_problems(log_, loaded->problems);
    if (!loaded->is_usable()) {
        log_.error("Reload: the configuration has {} errors; nothing was changed",
                   loaded->errors());
        co_return false;
    }
    const config::Changes changes = config::diff(current_, loaded->config);
    log_.info("Reload: {}", changes.summary());
    current_ = std::move(loaded->config);
    // Also when nothing changed: push keys are outside the file, and a port that was taken may be
    // free now.
    co_await apply_(current_, changes);
    co_return true;
}

}  // namespace casement::app
