#include "ffmpeg/test_picture_cells.hpp"

#include <array>

#include "ffmpeg/snapshot.hpp"

namespace casement::ffmpeg {

namespace {

// 80 cells: a mark, the frame, the clock, and the sum of the bytes before it. Wide cells survive
// any encoder.
constexpr int kRows = 2;
constexpr int kCellsPerRow = 40;
constexpr int kCells = kRows * kCellsPerRow;
constexpr std::uint8_t kMark = 0xA5;
constexpr base::WallTime kEpoch{std::chrono::sys_days{
    std::chrono::year{2020} / 1 / 1}};  // 40 bits of milliseconds last until 2054
constexpr Colour kDark{30, 128, 128}, kLight{220, 128, 128};

using Code = std::array<std::uint8_t, kCells / 8>;

std::uint8_t sum_of(const Code& code) {
    unsigned sum = 0;
    for (std::size_t i = 0; i + 1 < code.size(); ++i) sum += code[i] * static_cast<unsigned>(i + 1);
    return static_cast<std::uint8_t>(sum);
}

Rect cell(int index, int width, int height) {
    const int tall = height / 24 & ~1;
    const int row = index / kCellsPerRow, column = index % kCellsPerRow;
    const int left = width * column / kCellsPerRow & ~1,
              right = width * (column + 1) / kCellsPerRow & ~1;
    return {left, height - (kRows - row) * tall, right - left, tall};
}

bool is_light(const Picture& picture, Rect r) {
    return picture.luma(r.x + r.width / 2, r.y + r.height / 2) > 125;
}

}  // namespace

Rect flash_box(int width, int height) {
    return {(width - width / 8) & ~1, 0, width / 8, height / 6};
}

void draw_cells(Canvas& canvas, const TestPictureReading& reading) {
    Code code{kMark};
    const auto ms = static_cast<std::uint64_t>(
        std::chrono::floor<std::chrono::milliseconds>(reading.wall - kEpoch).count());
    for (std::size_t i = 0; i < 3; ++i)
        code[1 + i] = static_cast<std::uint8_t>(reading.frame >> (16 - 8 * i));
    for (std::size_t i = 0; i < 5; ++i) code[4 + i] = static_cast<std::uint8_t>(ms >> (32 - 8 * i));
    code.back() = sum_of(code);
    for (int i = 0; i < kCells; ++i) {
        const bool light = (code[static_cast<std::size_t>(i / 8)] >> (7 - i % 8) & 1) != 0;
        canvas.fill(cell(i, canvas.width(), canvas.height()), light ? kLight : kDark);
    }
}

std::optional<TestPictureReading> read_test_picture(const Picture& picture) {
    const int width = picture.width(), height = picture.height();
    if (width < 320 || height < 180) return std::nullopt;
    Code code{};
    for (int i = 0; i < kCells; ++i) {
        if (is_light(picture, cell(i, width, height)))
            code[static_cast<std::size_t>(i / 8)] |= static_cast<std::uint8_t>(0x80 >> i % 8);
    }
    if (code[0] != kMark || code.back() != sum_of(code)) return std::nullopt;
    TestPictureReading reading;
    std::int64_t ms = 0;
    for (std::size_t i = 0; i < 3; ++i) reading.frame = reading.frame << 8 | code[1 + i];
    for (std::size_t i = 0; i < 5; ++i) ms = ms << 8 | code[4 + i];
    reading.wall = kEpoch + std::chrono::milliseconds{ms};
    reading.flash = is_light(picture, flash_box(width, height));
    return reading;
}

}  // namespace casement::ffmpeg
