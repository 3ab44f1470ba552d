/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state machine as a table in read-only memory, from transitions.def: by
 * state and command what comes of it. A look-up is one load.
 */
#pragma once

#define TABLE_WIDTH 16 /* a power of two, so that the verifier sees the bound */
_Static_assert(QUELL_STATE_COUNT <= TABLE_WIDTH && QUELL_COMMAND_COUNT <= TABLE_WIDTH, "as wide as the table");

#define ROW_IS_THERE 0x8000u
#define ROW_TO(row) ((row) & (TABLE_WIDTH - 1))
#define ROW_EFFECTS(row) ((row) >> 4 & 0x7ff)

static const u16 transition_rows[TABLE_WIDTH * TABLE_WIDTH] = {
#define TRANSITION(from, command, to, effects) \
	[QUELL_STATE_##from * TABLE_WIDTH + QUELL_COMMAND_##command] = ROW_IS_THERE | (effects) << 4 | QUELL_STATE_##to,
#include "../transitions.def"
#undef TRANSITION
};

/* 0: there is no such transition. */
static __always_inline u32 transition_row(u32 state, u32 command)
{
	u32 at = state * TABLE_WIDTH + command;

	if (state >= QUELL_STATE_COUNT || command >= QUELL_COMMAND_COUNT)
		return 0;
	asm volatile("" : "+r"(at)); /* the bound is to be seen, not worked out */
	return transition_rows[at & (TABLE_WIDTH * TABLE_WIDTH - 1)];
}

/* The effects, 0 where there is no such transition or it has none. */
static __always_inline u32 transition_effects(u32 state, u32 command)
{
	return ROW_EFFECTS(transition_row(state, command));
}

/* What a request asks for. */
static __always_inline u32 command_of(struct quell_transition *t)
{
	if (t->deadline_ns)
		return QUELL_COMMAND_EXTEND;
	if (t->doubt)
		return t->to == QUELL_STATE_REJECTED ? QUELL_COMMAND_WITHDRAW : QUELL_COMMAND_IDENTIFY;
	if (t->to == t->from)
		return QUELL_COMMAND_HOLD;
	switch (t->to) {
	case QUELL_STATE_NONE:
		return QUELL_COMMAND_FORGET;
	case QUELL_STATE_PENDING:
		return QUELL_COMMAND_ARM;
	case QUELL_STATE_APPROVED:
		return QUELL_COMMAND_APPROVE;
	case QUELL_STATE_ENFORCING:
		return QUELL_COMMAND_ENFORCE;
	case QUELL_STATE_DONE:
		return QUELL_COMMAND_FINISH;
	case QUELL_STATE_FAILED:
		return QUELL_COMMAND_FAIL;
	case QUELL_STATE_REJECTED:
		return QUELL_COMMAND_REJECT;
	case QUELL_STATE_EXPIRED:
		return QUELL_COMMAND_EXPIRE;
	case QUELL_STATE_GONE:
		return QUELL_COMMAND_LOSE;
	case QUELL_STATE_UNDONE:
		return QUELL_COMMAND_UNDO;
	}
	return QUELL_COMMAND_COUNT;
}
