#include "app/serve.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <optional>
#include <ostream>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "app/reload.hpp"
#include "app/signals.hpp"
#include "app/version.hpp"
#include "async/task_group.hpp"
#include "store/files.hpp"

namespace casement::app {

namespace {

namespace fs = std::filesystem;

/// Each viewer and each camera is a descriptor; the soft limit of 1024 is a relic of select().
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

base::Result<std::unique_ptr<store::DirectoryLock>> take_data_directory(const fs::path& data) {
    std::error_code ec;
    fs::create_directories(data.parent_path(), ec);
    if (ec)
        return std::unexpected(
            store::file_error(ec.value(), "create " + data.parent_path().string()));
    return store::DirectoryLock::take(data.string());
}

/// One run of the hub on its threads, from building to the last stage.
class Process {
public:
    Process(const Start& start, const MakeHub& make_hub, const ServeOptions& options)
        : start_(start),
          make_hub_(make_hub),
          options_(options),
          threads_(start.config.io_threads.count),
          shutdown_(threads_.first(), log_, options.patience),
          tasks_(threads_.first(), log_) {}

    base::Result<> run() {
        async::asio::co_spawn(threads_.first(), live(), [this](const std::exception_ptr& error) {
            threads_.stop();
            if (error) error_ = error;
        });
        threads_.run();
        end();
        if (error_) std::rethrow_exception(error_);
        return std::move(result_);
    }

private:
    async::Task<> live() {
        // From here on a signal is a request, also while the hub is still being built.
        signals_.emplace(threads_.first(), SignalHandlers{.stop = [this] { shutdown_.request(); },
                                                          .reload = [this] { reload_soon(); }});
        auto hub = co_await make_hub_(start_, threads_);
        if (!hub) {
            result_ = std::unexpected(hub.error());
            co_return;
        }
        hub_ = std::move(*hub);
        RunningHub& running = *hub_;
        reload_.emplace(
            threads_.first(), log_, start_.config, [this] { return read_again(); },
            [this, &running](const config::Config& config, const config::Changes& changes) {
                return apply(running, config, changes);
            });
        tasks_.spawn("reload", [this] { return reload_->run(); });
        running.add_stages(shutdown_);
        if (options_.on_running) options_.on_running(shutdown_);
        const auto outcome = co_await shutdown_.run();
        co_await tasks_.stop();
        log_.info("Stopped{}",
                  outcome == Shutdown::Outcome::Hard ? "; not everything ended by itself" : "");
    }

    /// First the threads, then what waited on them, then what it referred to: a hard end leaves
    /// coroutines on every thread.
    void end() {
        if (hub_) hub_->finish_blocking_calls();  // each of them posts when it has ended
        threads_.drop_waiting();
        hub_.reset();
        threads_.drop_waiting();  // what it posted at its end
    }

    void reload_soon() {
        if (reload_) reload_->request();
    }

    base::Result<config::Loaded> read_again() const {
        if (start_.config_file.empty())
            return base::fail(base::ErrorKind::FailedPrecondition,
                              "there is no configuration file to read");
        return config::load(start_.config_file, start_.environment);
    }

    async::Task<> apply(RunningHub& running, const config::Config& config,
                        const config::Changes& changes) {
        if (changes.log) set_up_logging(config.log, start_.environment);
        co_await running.apply(config, changes);
    }

    const Start& start_;
    const MakeHub& make_hub_;
    const ServeOptions& options_;
    const base::Log log_ = base::Log{}.component("app");
    IoThreads threads_;
    std::optional<Signals> signals_;  // also when nobody listens any more: a late signal must not
                                      // kill the process half way
    std::unique_ptr<RunningHub> hub_;
    Shutdown shutdown_;
    std::optional<Reload> reload_;
    base::Result<> result_;
    std::exception_ptr error_;
    async::TaskGroup tasks_;
};

}  // namespace

void set_up_logging(const config::Logging& logging, const config::Environment& environment) {
    const auto format = [&] {
        switch (logging.format) {
            case config::LogFormat::Text:
                return base::LogFormat::Text;
            case config::LogFormat::Json:
                return base::LogFormat::Json;
            case config::LogFormat::Journal:
                return base::LogFormat::Journal;
            // systemd.exec(5): set when standard error goes to the journal.
            case config::LogFormat::Auto:
                return environment.variable("JOURNAL_STREAM").empty() ? base::LogFormat::Text
                                                                      : base::LogFormat::Journal;
        }
        return base::LogFormat::Text;
    }();
    base::set_up_logging(logging.level, format);
    base::set_component_levels(logging.components);
}

int serve(const Start& start, const MakeHub& make_hub, std::ostream& err,
          const ServeOptions& options) {
    set_up_logging(start.config.log, start.environment);
    umask(077);  // footage, database and keys of a home
    raise_descriptor_limit();
    const auto lock = take_data_directory(start.data);
    if (!lock) {
        err << "casement: " << lock.error().message() << "\n";
        return cli::kFailed;
    }
    base::Log{}.component("app").info(
        "Casement {} starts; data in {}, {}", kVersion, start.data.string(),
        start.config_file.empty() ? "no configuration file" : "configuration " + start.config_file);
    const auto result = Process(start, make_hub, options).run();
    if (result) return cli::kOk;
    err << "casement: " << result.error().message() << "\n";
    return cli::kFailed;
}

}  // namespace casement::app
