/* SPDX-License-Identifier: GPL-2.0-only */
/* What is enforced on a container as a whole, and its count in front of the hooks. */
#pragma once

/* No longer enforced on the container, unless a newer incident holds it; counted back once. */
static __always_inline void container_release(struct quell_container *c, u64 incident)
{
	if (__sync_val_compare_and_swap(&c->contained, incident, 0) == incident)
		__sync_fetch_and_add(&quell.contained_subjects, -1);
}

/* It ends, and takes along what was enforced on it. */
static __always_inline void container_ends(struct quell_container *c)
{
	if (__sync_lock_test_and_set(&c->contained, 0))
		__sync_fetch_and_add(&quell.contained_subjects, -1);
}
