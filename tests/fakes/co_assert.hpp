#pragma once
// ASSERT_TRUE for the coroutine of a test, which cannot `return`.

#include <gtest/gtest.h>

#define CO_ASSERT(condition)         \
    if (!(condition)) {              \
        ADD_FAILURE() << #condition; \
        co_return;                   \
    }
