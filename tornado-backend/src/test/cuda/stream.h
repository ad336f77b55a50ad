// What the stand-ins for NVIDIA's libraries know of each other.
#pragma once

#include <cstddef>
#include <functional>

/** What an image of code begins with; the file that was compiled follows. */
#define STAND_IN_IMAGE "stand-in:"

/** What the function that binds a kernel's arguments is called, before the kernel's name. */
#define STAND_IN_BIND "standInBind_"

/** Whether lanes of the kernels of an image wait for each other. */
#define STAND_IN_WAITS "standInWaits"

/** Lets a stream do something. */
void standInTell(void *stream, std::function<void()> operation);

/** Whether this thread has a context. */
bool standInHasContext();

/** Whether this is memory of the device. */
bool standInOwns(const void *pointer, std::size_t bytes);
