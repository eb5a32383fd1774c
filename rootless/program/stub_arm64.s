#include "textflag.h"

// The interpreter of the list; see stub_amd64.s. All registers but R0 survive a call.
//
//	R19 header   R20 steps left   R21 current step   R22 slots   R23 its number   R24 its flags
TEXT ·stub(SB), NOSPLIT|NOFRAME, $0
	MOVD $0x200000000, R19
	MOVD 0(R19), R20
	MOVD 8(R19), R22
	MOVD 40(R19), R21
	MOVD $0, R23

next:
	CBZ  R20, ranout
	MOVWU 4(R21), R24
	MOVD 8(R21), R0
	TBZ  $16, R24, arg1
	MOVD (R22)(R0<<3), R0
arg1:
	MOVD 16(R21), R1
	TBZ  $17, R24, arg2
	MOVD (R22)(R1<<3), R1
arg2:
	MOVD 24(R21), R2
	TBZ  $18, R24, arg3
	MOVD (R22)(R2<<3), R2
arg3:
	MOVD 32(R21), R3
	TBZ  $19, R24, arg4
	MOVD (R22)(R3<<3), R3
arg4:
	MOVD 40(R21), R4
	TBZ  $20, R24, arg5
	MOVD (R22)(R4<<3), R4
arg5:
	MOVD 48(R21), R5
	TBZ  $21, R24, call
	MOVD (R22)(R5<<3), R5
call:
	MOVWU 0(R21), R8
	MOVD $0x7fffffff, R9
	CMP  R9, R8
	BEQ  fork
	MOVD $0x7ffffffe, R9
	CMP  R9, R8
	BEQ  handover
	SVC
	CMN  $4095, R0
	BCS  failed
	TBZ  $1, R24, done
	UBFX $8, R24, $8, R9
	MOVD R0, (R22)(R9<<3)
done:
	ADD  $64, R21
	ADD  $1, R23
	SUB  $1, R20
	B    next

failed:
	TBNZ $0, R24, done
	NEG  R0, R0
	MOVW R23, 16(R19)
	MOVW R0, 20(R19)
	MOVD 24(R19), R0
	ADD  $16, R19, R1
	MOVD $8, R2
	MOVD $64, R8 // write
	SVC
ranout:
	MOVD $127, R0
	MOVD $94, R8 // exit_group
	SVC
	BRK

fork:
	MOVD $17, R0 // SIGCHLD
	MOVD $0, R1
	MOVD $0, R2
	MOVD $0, R3
	MOVD $0, R4
	MOVD $220, R8 // clone
	SVC
	CBZ  R0, done
	CMN  $4095, R0
	BCS  failed
	MOVD R0, R25
	MOVD $3, R0
	MOVD $0xffffffff, R1
	MOVD $0, R2
	MOVD $436, R8 // close_range
	SVC
reap:
	MOVD $-1, R0
	ADD  $32, R19, R1
	MOVD $0, R2
	MOVD $0, R3
	MOVD $260, R8 // wait4
	SVC
	CMP  R25, R0
	BEQ  ended
	CMN  $4, R0 // EINTR
	BEQ  reap
	CMN  $4095, R0
	BCS  ranout // no child, or a filter that forbids to wait
	B    reap
ended:
	MOVWU 32(R19), R0
	AND  $0x7f, R0, R1
	CBNZ R1, killed
	UBFX $8, R0, $8, R0
	B    quit
killed:
	ADD  $128, R1, R0
quit:
	MOVD $94, R8 // exit_group
	SVC
	BRK

	// R0 socket, R1 message, R2 where the pidfd goes in it, R3 room for a byte
handover:
	MOVD R0, R25
	MOVD R1, R26
	MOVD R3, R10
	MOVD $0x9011, R0 // CLONE_PARENT, CLONE_PIDFD, SIGCHLD
	MOVD $0, R1
	MOVD $0, R3
	MOVD $0, R4
	MOVD $220, R8 // clone
	SVC
	CBZ  R0, sibling
	CMN  $4095, R0
	BCS  failed
	MOVD R25, R0
	MOVD R26, R1
	MOVD $0, R2
	MOVD $211, R8 // sendmsg
	SVC
	MOVD $0, R0
	B    quit
sibling:
	MOVD R25, R0
	MOVD R10, R1
	MOVD $1, R2
	MOVD $63, R8 // read
	SVC
	CMP  $1, R0
	BNE  ranout
	MOVD R25, R0
	MOVD $57, R8 // close
	SVC
	B    done

TEXT ·stubEnd(SB), NOSPLIT|NOFRAME, $0
	BRK

// func stubCode() []byte
TEXT ·stubCode(SB), NOSPLIT, $0-24
	MOVD $·stub(SB), R0
	MOVD $·stubEnd(SB), R1
	SUB  R0, R1, R1
	MOVD R0, ret_base+0(FP)
	MOVD R1, ret_len+8(FP)
	MOVD R1, ret_cap+16(FP)
	RET
