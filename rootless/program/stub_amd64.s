#include "textflag.h"

// The interpreter of the list, as the whole code of a process: it has no stack
// to speak of, no runtime, and returns to nobody. It must hold no relocation,
// because its bytes are copied into an ELF image (elf.go); layout and flags are
// those of program.go.
//
//	R15 header   R14 steps left   R13 current step   R12 slots   BX its number   CX its flags
TEXT ·stub(SB), NOSPLIT|NOFRAME, $0
	MOVQ $0x200000000, R15
	MOVQ 0(R15), R14
	MOVQ 8(R15), R12
	MOVQ 40(R15), R13
	XORQ BX, BX

next:
	TESTQ R14, R14
	JZ   ranout
	MOVL 4(R13), CX
	MOVQ 8(R13), DI
	TESTL $0x010000, CX
	JZ   arg1
	MOVQ (R12)(DI*8), DI
arg1:
	MOVQ 16(R13), SI
	TESTL $0x020000, CX
	JZ   arg2
	MOVQ (R12)(SI*8), SI
arg2:
	MOVQ 24(R13), DX
	TESTL $0x040000, CX
	JZ   arg3
	MOVQ (R12)(DX*8), DX
arg3:
	MOVQ 32(R13), R10
	TESTL $0x080000, CX
	JZ   arg4
	MOVQ (R12)(R10*8), R10
arg4:
	MOVQ 40(R13), R8
	TESTL $0x100000, CX
	JZ   arg5
	MOVQ (R12)(R8*8), R8
arg5:
	MOVQ 48(R13), R9
	TESTL $0x200000, CX
	JZ   call
	MOVQ (R12)(R9*8), R9
call:
	MOVL 0(R13), AX
	CMPL AX, $0x7fffffff
	JEQ  fork
	CMPL AX, $0x7ffffffe
	JEQ  handover
	SYSCALL
	CMPQ AX, $0xfffffffffffff001
	JCC  failed
	MOVL 4(R13), CX // the call has clobbered it
	TESTL $2, CX
	JZ   done
	SHRL $8, CX
	ANDL $0xff, CX
	MOVQ AX, (R12)(CX*8)
done:
	ADDQ $64, R13
	INCQ BX
	DECQ R14
	JMP  next

failed:
	MOVL 4(R13), CX
	TESTL $1, CX
	JNZ  done
	NEGQ AX
	MOVL BX, 16(R15)
	MOVL AX, 20(R15)
	MOVQ 24(R15), DI
	LEAQ 16(R15), SI
	MOVQ $8, DX
	MOVQ $1, AX // write
	SYSCALL
ranout:
	MOVQ $127, DI
	MOVQ $231, AX // exit_group
	SYSCALL
	INT  $3

fork:
	MOVQ $17, DI // SIGCHLD
	XORQ SI, SI
	XORQ DX, DX
	XORQ R10, R10
	XORQ R8, R8
	MOVQ $56, AX // clone
	SYSCALL
	TESTQ AX, AX
	JZ   done
	CMPQ AX, $0xfffffffffffff001
	JCC  failed
	MOVQ AX, BX
	MOVQ $3, DI
	MOVQ $0xffffffff, SI
	XORQ DX, DX
	MOVQ $436, AX // close_range
	SYSCALL
reap:
	MOVQ $-1, DI
	LEAQ 32(R15), SI
	XORQ DX, DX
	XORQ R10, R10
	MOVQ $61, AX // wait4
	SYSCALL
	CMPQ AX, BX
	JEQ  ended
	CMPQ AX, $-4 // EINTR
	JEQ  reap
	CMPQ AX, $0xfffffffffffff001
	JCC  ranout // no child, or a filter that forbids to wait
	JMP  reap
ended:
	MOVL 32(R15), DI
	MOVL DI, CX
	ANDL $0x7f, CX
	JNZ  killed
	SHRL $8, DI
	ANDL $0xff, DI
	JMP  quit
killed:
	MOVL CX, DI
	ADDL $128, DI
quit:
	MOVQ $231, AX // exit_group
	SYSCALL
	INT  $3

	// DI socket, SI message, DX where the pidfd goes in it, R10 room for a byte
handover:
	MOVQ DI, R8
	MOVQ SI, R9
	MOVQ $0x9011, DI // CLONE_PARENT, CLONE_PIDFD, SIGCHLD
	XORQ SI, SI
	MOVQ $56, AX // clone
	SYSCALL
	TESTQ AX, AX
	JZ   sibling
	CMPQ AX, $0xfffffffffffff001
	JCC  failed
	MOVQ R8, DI
	MOVQ R9, SI
	XORQ DX, DX
	MOVQ $46, AX // sendmsg
	SYSCALL
	XORQ DI, DI
	JMP  quit
sibling:
	MOVQ R8, DI
	MOVQ R10, SI
	MOVQ $1, DX
	XORQ AX, AX // read
	SYSCALL
	CMPQ AX, $1
	JNE  ranout
	MOVQ R8, DI
	MOVQ $3, AX // close
	SYSCALL
	JMP  done

TEXT ·stubEnd(SB), NOSPLIT|NOFRAME, $0
	INT  $3

// func stubCode() []byte
TEXT ·stubCode(SB), NOSPLIT, $0-24
	LEAQ ·stub(SB), AX
	LEAQ ·stubEnd(SB), CX
	SUBQ AX, CX
	MOVQ AX, ret_base+0(FP)
	MOVQ CX, ret_len+8(FP)
	MOVQ CX, ret_cap+16(FP)
	RET
