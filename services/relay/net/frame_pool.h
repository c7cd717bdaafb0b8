// Memory for coroutine frames: a free list per thread, since a request makes a handful of frames of
// the same few sizes and the general allocator is slower than all else they do.
#pragma once

#include <cstddef>

namespace weir::relay {

// Blocks go back to the list of the thread that frees them; a coroutine never changes its thread,
// so that is the thread that made them. Sizes above 4 KiB go to the general allocator.
void* AllocateFrame(std::size_t size);
void FreeFrame(void* block, std::size_t size) noexcept;

}  // namespace weir::relay
