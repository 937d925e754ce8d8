#pragma once
// A mutex that clang's thread-safety analysis understands. Strands need none: it guards what two
// strands truly share.

#include <mutex>

#define CASEMENT_GUARDED_BY(m) __attribute__((guarded_by(m)))
#define CASEMENT_PT_GUARDED_BY(m) __attribute__((pt_guarded_by(m)))
#define CASEMENT_REQUIRES(m) __attribute__((requires_capability(m)))

namespace casement::base {

class __attribute__((capability("mutex"))) Mutex {
public:
    void lock() __attribute__((acquire_capability())) { mutex_.lock(); }
    void unlock() __attribute__((release_capability())) { mutex_.unlock(); }
    bool try_lock() __attribute__((try_acquire_capability(true))) { return mutex_.try_lock(); }

private:
    std::mutex mutex_;
};

class __attribute__((scoped_lockable)) MutexLock {
public:
    explicit MutexLock(Mutex& mutex) __attribute__((acquire_capability(mutex))) : mutex_(mutex) {
        mutex_.lock();
    }
    ~MutexLock() __attribute__((release_capability())) { mutex_.unlock(); }
    MutexLock(const MutexLock&) = delete;
    MutexLock& operator=(const MutexLock&) = delete;

private:
    Mutex& mutex_;
};

}  // namespace casement::base
