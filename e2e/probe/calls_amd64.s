#include "textflag.h"

// func int80(nr, sixth uintptr) int32
TEXT ·int80(SB), NOSPLIT, $8-20
	MOVQ BP, 0(SP)
	MOVQ nr+0(FP), AX
	MOVQ sixth+8(FP), R8
	XORQ BX, BX
	XORQ CX, CX
	XORQ DX, DX
	XORQ SI, SI
	XORQ DI, DI
	MOVQ R8, BP
	INT  $0x80
	MOVQ 0(SP), BP
	MOVL AX, ret+16(FP)
	RET
