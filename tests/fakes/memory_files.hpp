#pragma once
// A disk in memory that fails when it is told to, and forgets at a power cut what was not synced.

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/mutex.hpp"
#include "recorder/file_system.hpp"
#include "store/files.hpp"

namespace casement::fakes {

/// Thread-safe.
class MemoryFiles final : public recorder::FileSystem {
public:
    /// The operation with this number (from 1) fails with this errno; a write fails in its middle.
    void fail_at(std::uint64_t operation, int error_number) {
        const base::MutexLock lock(mutex_);
        fail_at_ = operation;
        error_ = error_number;
        failed_ = false;
    }
    /// Every write fails from now on, until there is room again.
    void set_full(bool full) {
        const base::MutexLock lock(mutex_);
        full_ = full;
    }
    void set_free_bytes(std::uint64_t bytes) {
        const base::MutexLock lock(mutex_);
        free_ = bytes;
    }
    bool failed() const {
        const base::MutexLock lock(mutex_);
        return failed_;
    }
    std::uint64_t operations() const {
        const base::MutexLock lock(mutex_);
        return operations_;
    }
    std::map<std::string, std::string> contents() const {
        const base::MutexLock lock(mutex_);
        std::map<std::string, std::string> out;
        for (const auto& [path, node] : nodes_) out[path] = node->bytes;
        return out;
    }
    /// What was not synced is gone; of what was written since, `kept` bytes (0..1 of it) happened
    /// to reach the disk.
    void cut_power(double kept) {
        const base::MutexLock lock(mutex_);
        std::erase_if(nodes_, [](const auto& entry) { return !entry.second->entry_synced; });
        for (auto& [path, node] : nodes_) {
            const auto lost = node->bytes.size() - node->synced;
            node->bytes.resize(node->synced +
                               static_cast<std::size_t>(static_cast<double>(lost) * kept));
        }
    }

    base::Result<std::unique_ptr<recorder::OutputFile>> create(const std::string& path) override {
        const base::MutexLock lock(mutex_);
        CASEMENT_TRY(operation("create " + path, full_));
        auto [at, fresh] = nodes_.try_emplace(path);
        if (!fresh) return std::unexpected(store::file_error(EEXIST, "create " + path));
        at->second = std::make_shared<Node>();
        return std::make_unique<File>(*this, at->second, path);
    }
    base::Result<std::unique_ptr<recorder::OutputFile>> open_for_repair(
        const std::string& path) override {
        const base::MutexLock lock(mutex_);
        CASEMENT_TRY(operation("open " + path, false));
        CASEMENT_TRY(auto node, find(path));
        return std::make_unique<File>(*this, node, path);
    }
    base::Result<std::unique_ptr<formats::ByteSource>> open(
        const std::string& path) const override {
        const base::MutexLock lock(mutex_);
        CASEMENT_TRY(const auto node, find(path));
        return std::make_unique<formats::MemorySource>(
            media::Bytes::copy_of(base::as_bytes(node->bytes)));
    }
    base::Result<> remove(const std::string& path) override {
        const base::MutexLock lock(mutex_);
        CASEMENT_TRY(operation("remove " + path, false));
        CASEMENT_TRY(find(path));
        nodes_.erase(path);
        return {};
    }
    void remove_empty_directory(const std::string&) override {}
    base::Result<std::vector<std::string>> list(const std::string& directory) const override {
        const base::MutexLock lock(mutex_);
        std::set<std::string> names;
        for (const auto& [path, node] : nodes_) {
            if (path.starts_with(directory + "/"))
                names.insert(
                    path.substr(directory.size() + 1,
                                path.find('/', directory.size() + 1) - directory.size() - 1));
        }
        return std::vector<std::string>(names.begin(), names.end());
    }
    base::Result<std::uint64_t> file_bytes(const std::string& path) const override {
        const base::MutexLock lock(mutex_);
        CASEMENT_TRY(const auto node, find(path));
        return node->bytes.size();
    }
    base::Result<> sync_directory(const std::string& directory) override {
        const base::MutexLock lock(mutex_);
        CASEMENT_TRY(operation("sync " + directory, false));
        for (auto& [path, node] : nodes_) {
            if (path.substr(0, path.rfind('/')) == directory) node->entry_synced = true;
        }
        return {};
    }
    base::Result<std::uint64_t> free_bytes(const std::string&) const override {
        const base::MutexLock lock(mutex_);
        return free_;
    }

private:
    struct Node {
        std::string bytes;
        std::size_t synced = 0;
        bool entry_synced = false;
    };

    class File final : public recorder::OutputFile {
    public:
        File(MemoryFiles& disk, std::shared_ptr<Node> node, std::string path)
            : disk_(disk), node_(std::move(node)), path_(std::move(path)) {}
        base::Result<> append(std::span<const media::Bytes> pieces) override {
            const base::MutexLock lock(disk_.mutex_);
            std::string all;
            for (const media::Bytes& piece : pieces) all.append(base::as_text(piece));
            const auto done = disk_.operation("write " + path_, disk_.full_);
            node_->bytes.append(done ? all : all.substr(0, all.size() / 2));
            return done;
        }
        base::Result<> sync() override {
            const base::MutexLock lock(disk_.mutex_);
            CASEMENT_TRY(disk_.operation("sync " + path_, false));
            node_->synced = node_->bytes.size();
            return {};
        }
        base::Result<> truncate(std::uint64_t bytes) override {
            const base::MutexLock lock(disk_.mutex_);
            CASEMENT_TRY(disk_.operation("shorten " + path_, false));
            node_->bytes.resize(static_cast<std::size_t>(bytes));
            node_->synced = std::min(node_->synced, node_->bytes.size());
            return {};
        }

    private:
        MemoryFiles& disk_;
        const std::shared_ptr<Node> node_;
        const std::string path_;
    };

    base::Result<> operation(const std::string& what, bool full) CASEMENT_REQUIRES(mutex_) {
        ++operations_;
        if (operations_ == fail_at_) {
            failed_ = true;
            return std::unexpected(store::file_error(error_, what));
        }
        if (full) return std::unexpected(store::file_error(ENOSPC, what));
        return {};
    }
    base::Result<std::shared_ptr<Node>> find(const std::string& path) const
        CASEMENT_REQUIRES(mutex_) {
        const auto found = nodes_.find(path);
        if (found == nodes_.end())
            return std::unexpected(store::file_error(ENOENT, "open " + path));
        return found->second;
    }

    mutable base::Mutex mutex_;
    std::map<std::string, std::shared_ptr<Node>> nodes_ CASEMENT_GUARDED_BY(mutex_);
    std::uint64_t operations_ CASEMENT_GUARDED_BY(mutex_) = 0;
    std::uint64_t fail_at_ CASEMENT_GUARDED_BY(mutex_) = 0;
    int error_ CASEMENT_GUARDED_BY(mutex_) = 0;
    bool failed_ CASEMENT_GUARDED_BY(mutex_) = false;
    bool full_ CASEMENT_GUARDED_BY(mutex_) = false;
    std::uint64_t free_ CASEMENT_GUARDED_BY(mutex_) = std::uint64_t{1} << 40;
};

}  // namespace casement::fakes
