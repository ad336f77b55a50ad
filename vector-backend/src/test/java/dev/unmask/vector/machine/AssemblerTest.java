package dev.unmask.vector.machine;

import static dev.unmask.vector.machine.Register.R10;
import static dev.unmask.vector.machine.Register.R11;
import static dev.unmask.vector.machine.Register.R12;
import static dev.unmask.vector.machine.Register.R13;
import static dev.unmask.vector.machine.Register.R15;
import static dev.unmask.vector.machine.Register.R8;
import static dev.unmask.vector.machine.Register.R9;
import static dev.unmask.vector.machine.Register.RAX;
import static dev.unmask.vector.machine.Register.RBP;
import static dev.unmask.vector.machine.Register.RBX;
import static dev.unmask.vector.machine.Register.RCX;
import static dev.unmask.vector.machine.Register.RDI;
import static dev.unmask.vector.machine.Register.RDX;
import static dev.unmask.vector.machine.Register.RSI;
import static dev.unmask.vector.machine.Register.RSP;
import static dev.unmask.vector.machine.VectorAssembler.ALL_LANES;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The bytes of instructions are those that GNU as 2.40 writes for the same text. */
class AssemblerTest {
    @TestFactory
    Stream<DynamicTest> encodesAsGnuAsDoes() {
        return Stream.of(
                of("mov r15, rdi", "4989ff", code -> code.move(R15, RDI)),
                of("mov rax, r9", "4c89c8", code -> code.move(RAX, R9)),
                of(
                        "movabs r12, 0x1122334455667788",
                        "49bc8877665544332211",
                        code -> code.move(R12, 0x1122334455667788L)),
                of("movabs rbx, 64", "48bb4000000000000000", code -> code.move(RBX, 64)),
                of("mov rax, qword ptr [rsp+64]", "488b442440", code -> code.load(RAX, RSP.at(64))),
                of("mov r9, qword ptr [r12]", "4d8b0c24", code -> code.load(R9, R12.at(0))),
                of("mov r9, qword ptr [rbp+1024]", "4c8b8d00040000", code -> code.load(R9, RBP.at(1024))),
                of("mov rsi, qword ptr [r13]", "498b7500", code -> code.load(RSI, R13.at(0))),
                of("mov dword ptr [r8+12], edx", "4189500c", code -> code.storeInt(R8.at(12), RDX)),
                of("mov dword ptr [rdi], ebx", "891f", code -> code.storeInt(RDI.at(0), RBX)),
                of("mov qword ptr [rsp+40], rax", "4889442428", code -> code.store(RSP.at(40), RAX)),
                of("mov qword ptr [r12], r9", "4d890c24", code -> code.store(R12.at(0), R9)),
                of("add r13, rax", "4901c5", code -> code.add(R13, RAX)),
                of("add rdi, 1024", "4881c700040000", code -> code.add(RDI, 1024)),
                of("add r15, -129", "4981c77fffffff", code -> code.add(R15, -129)),
                of("shl r9, 10", "49c1e10a", code -> code.shiftLeft(R9, 10)),
                of("dec r10", "49ffca", code -> code.decrement(R10)),
                of("test rcx, rcx", "4885c9", code -> code.test(RCX)),
                of("test r8, r8", "4d85c0", code -> code.test(R8)),
                of("push r15", "4157", code -> code.push(R15)),
                of("pop r12", "415c", code -> code.pop(R12)),
                of("ret", "c3", code -> code.ret()),
                of("cpuid", "0fa2", code -> code.cpuid()),
                of("xgetbv", "0f01d0", code -> code.xgetbv()),
                of("prefetchw [rax+128]", "0f0d8880000000", code -> code.prefetchForWrite(RAX.at(128))),
                of("prefetchw [r12]", "410f0d0c24", code -> code.prefetchForWrite(R12.at(0))),
                of("prefetcht1 [rbx]", "0f1813", code -> code.prefetch(RBX.at(0))),
                of("prefetcht1 [r13+64]", "410f185540", code -> code.prefetch(R13.at(64))),
                of("{vex3} kmovw k1, eax", "c4e17892c8", code -> code.moveMask(1, RAX)),
                of("kmovw k7, r9d", "c4c17892f9", code -> code.moveMask(7, R9)),
                of("vpxord zmm0, zmm0, zmm0", "62f17d48efc0", code -> code.zero(0)),
                of("vpxord zmm23, zmm23, zmm23", "62a14540efff", code -> code.zero(23)),
                of("vpxord zmm15, zmm15, zmm15", "62510548efff", code -> code.zero(15)),
                of("vmovups zmm24, [rsi]", "62617c481006", code -> code.loadVector(24, RSI.at(0))),
                of("vmovups zmm7, [r10+960]", "62d17c48107a0f", code -> code.loadVector(7, R10.at(960))),
                of("vmovups zmm31, [r13]", "62417c48107d00", code -> code.loadVector(31, R13.at(0))),
                of("vmovups zmm8, [rsp+64]", "62717c4810442401", code -> code.loadVector(8, RSP.at(64))),
                of("vmovups zmm1, [r12+8192]", "62d17c48108c2400200000", code -> code.loadVector(1, R12.at(8192))),
                of("vmovups zmm1, [rdx+4]", "62f17c48108a04000000", code -> code.loadVector(1, RDX.at(4))),
                of("vmovups zmm25{k1}{z}, [rsi+64]", "62617cc9104e01", code -> code.loadVector(25, RSI.at(64), 1)),
                of("vmovups [rdx+64], zmm17", "62e17c48114a01", code -> code.storeVector(RDX.at(64), 17, ALL_LANES)),
                of("vmovups [r9+128]{k1}, zmm8", "62517c49114102", code -> code.storeVector(R9.at(128), 8, 1)),
                of("vaddps zmm0{k1}{z}, zmm0, [rcx]", "62f17cc95801", code -> code.addVector(0, 0, RCX.at(0), 1)),
                of(
                        "vaddps zmm22{k7}{z}, zmm19, [r11+128]",
                        "62c164c7587302",
                        code -> code.addVector(22, 19, R11.at(128), 7)),
                of(
                        "vaddps zmm12, zmm9, [rcx+192]",
                        "62713448586103",
                        code -> code.addVector(12, 9, RCX.at(192), ALL_LANES)),
                of(
                        "vpbroadcastd zmm27, dword ptr [rdi+508]",
                        "62627d48585f7f",
                        code -> code.broadcast(27, RDI.at(508))),
                of(
                        "vpbroadcastd zmm3, dword ptr [r9+512]",
                        "62d27d48589900020000",
                        code -> code.broadcast(3, R9.at(512))),
                of("vpbroadcastd zmm30, dword ptr [rdi]", "62627d485837", code -> code.broadcast(30, RDI.at(0))),
                of(
                        "vpbroadcastd zmm26, dword ptr [r10+rcx]",
                        "62427d4858140a",
                        code -> code.broadcast(26, R10.plus(RCX, 1))),
                of(
                        "vpbroadcastd zmm3, dword ptr [rax+r9*2]",
                        "62b27d48581c48",
                        code -> code.broadcast(3, RAX.plus(R9, 2))),
                of(
                        "vpbroadcastd zmm29, dword ptr [r13+r12*8]",
                        "62027d48586ce500",
                        code -> code.broadcast(29, R13.plus(R12, 8))),
                of("vfmadd231ps zmm0, zmm26, zmm24", "62922d40b8c0", code -> code.addProduct(0, 26, 24)),
                of("vfmadd231ps zmm23, zmm9, zmm31", "62823548b8ff", code -> code.addProduct(23, 9, 31)),
                of("vdpbf16ps zmm0, zmm27, zmm24", "6292264052c0", code -> code.dotBfloat16(0, 27, 24)),
                of("vdpbf16ps zmm23, zmm30, zmm26", "62820e4052fa", code -> code.dotBfloat16(23, 30, 26)),
                of("vdpbf16ps zmm9, zmm3, zmm12", "6252664852cc", code -> code.dotBfloat16(9, 3, 12)),
                of("vdpbf16ps zmm16, zmm15, zmm7", "62e2064852c7", code -> code.dotBfloat16(16, 15, 7)),
                of("vpdpbusd zmm0, zmm24, zmm27", "62923d4050c3", code -> code.dotBytes(0, 24, 27)),
                of("vpdpbusd zmm23, zmm26, zmm30", "62822d4050fe", code -> code.dotBytes(23, 26, 30)),
                of("vcvtdq2ps zmm5, zmm5", "62f17c485bed", code -> code.toFloats(5, 5)),
                of("vcvtdq2ps zmm23, zmm17", "62a17c485bf9", code -> code.toFloats(23, 17)),
                of("vmulps zmm3, zmm3, zmm24", "6291644859d8", code -> code.multiplyVector(3, 3, 24)),
                of("vmulps zmm23, zmm17, zmm31", "6281744059ff", code -> code.multiplyVector(23, 17, 31)),
                of(
                        "vmulps zmm5, zmm5, [r10+64]",
                        "62d15448596a01",
                        code -> code.multiplyVector(5, 5, R10.at(64), ALL_LANES)),
                of(
                        "vmulps zmm17{k1}{z}, zmm17, [r10]",
                        "62c174c1590a",
                        code -> code.multiplyVector(17, 17, R10.at(0), 1)),
                of(
                        "vfmadd213ps zmm4, zmm25, [rax+64]",
                        "62f23540a86001",
                        code -> code.multiplyAdd(4, 25, RAX.at(64), ALL_LANES)),
                of(
                        "vfmadd213ps zmm20{k1}{z}, zmm31, [rax+128]",
                        "62e205c1a86002",
                        code -> code.multiplyAdd(20, 31, RAX.at(128), 1)),
                of("vzeroupper", "c5f877", code -> code.zeroUpper()),
                of("ldtilecfg [rax]", "c4e2784900", code -> code.loadTileConfiguration(RAX.at(0))),
                of("ldtilecfg [r12+64]", "c4c27849442440", code -> code.loadTileConfiguration(R12.at(64))),
                of("tilerelease", "c4e27849c0", code -> code.releaseTiles()),
                of("tilezero tmm3", "c4e27b49d8", code -> code.zeroTile(3)),
                of("tileloadd tmm4, [rdi+rbx]", "c4e27b4b241f", code -> code.loadTile(4, RDI.at(0), RBX)),
                of("tileloadd tmm7, [r13+r12]", "c4827b4b7c2500", code -> code.loadTile(7, R13.at(0), R12)),
                of(
                        "tileloadd tmm1, [rsi+rax+1024]",
                        "c4e27b4b8c0600040000",
                        code -> code.loadTile(1, RSI.at(1024), RAX)),
                of("tileloadd tmm1, [rbp+rax]", "c4e27b4b4c0500", code -> code.loadTile(1, RBP.at(0), RAX)),
                of("tilestored [r11+rbp+64], tmm1", "c4c27a4b4c2b40", code -> code.storeTile(R11.at(64), RBP, 1)),
                of(
                        "tilestored [rdx+r8+2112], tmm3",
                        "c4a27a4b9c0240080000",
                        code -> code.storeTile(RDX.at(2112), R8, 3)),
                of("tdpbf16ps tmm0, tmm4, tmm6", "c4e24a5cc4", code -> code.dotTile(0, 4, 6)),
                of("tdpbf16ps tmm3, tmm5, tmm7", "c4e2425cdd", code -> code.dotTile(3, 5, 7)));
    }

    @TestFactory
    Stream<DynamicTest> encodes256BitsAsGnuAsDoes() {
        return Stream.of(
                of256("{vex3} vpxor ymm0, ymm0, ymm0", "c4e17defc0", code -> code.zero(0)),
                of256("vpxor ymm13, ymm13, ymm13", "c44115efed", code -> code.zero(13)),
                of256("{vex3} vmovups ymm12, [rsi]", "c4617c1026", code -> code.loadVector(12, RSI.at(0))),
                of256("{vex3} vmovups ymm13, [rsi+32]", "c4617c106e20", code -> code.loadVector(13, RSI.at(32))),
                of256("vmovups ymm7, [r13]", "c4c17c107d00", code -> code.loadVector(7, R13.at(0))),
                of256("vmovups ymm1, [r12+8192]", "c4c17c108c2400200000", code -> code.loadVector(1, R12.at(8192))),
                of256(
                        "{vex3} vmovups [rdx+32], ymm11",
                        "c4617c115a20",
                        code -> code.storeVector(RDX.at(32), 11, ALL_LANES)),
                of256(
                        "vmovups [r9+128], ymm3",
                        "c4c17c119980000000",
                        code -> code.storeVector(R9.at(128), 3, ALL_LANES)),
                of256("vmaskmovps ymm12, ymm13, [rcx+32]", "c462152c6120", code -> code.loadVector(12, RCX.at(32), 13)),
                of256("vmaskmovps ymm3, ymm2, [r11]", "c4c26d2c1b", code -> code.loadVector(3, R11.at(0), 2)),
                of256(
                        "vmaskmovps [rax+32], ymm13, ymm11",
                        "c462152e5820",
                        code -> code.storeVector(RAX.at(32), 11, 13)),
                of256("vmaskmovps [r9], ymm1, ymm8", "c442752e01", code -> code.storeVector(R9.at(0), 8, 1)),
                of256("vaddps ymm5, ymm5, ymm12", "c4c15458ec", code -> code.addVector(5, 5, 12)),
                of256("{vex3} vaddps ymm11, ymm3, ymm4", "c4616458dc", code -> code.addVector(11, 3, 4)),
                of256("vpbroadcastd ymm14, dword ptr [rdi]", "c4627d5837", code -> code.broadcast(14, RDI.at(0))),
                of256(
                        "vpbroadcastd ymm15, dword ptr [r10+rcx*2]",
                        "c4427d583c4a",
                        code -> code.broadcast(15, R10.plus(RCX, 2))),
                of256(
                        "vpbroadcastd ymm3, dword ptr [r13+r12*8]",
                        "c4827d585ce500",
                        code -> code.broadcast(3, R13.plus(R12, 8))),
                of256(
                        "vpbroadcastd ymm3, dword ptr [r9+508]",
                        "c4c27d5899fc010000",
                        code -> code.broadcast(3, R9.at(508))),
                of256("vfmadd231ps ymm0, ymm14, ymm12", "c4c20db8c4", code -> code.addProduct(0, 14, 12)),
                of256("vfmadd231ps ymm11, ymm15, ymm13", "c44205b8dd", code -> code.addProduct(11, 15, 13)),
                of256("vfmadd231ps ymm9, ymm3, ymm4", "c46265b8cc", code -> code.addProduct(9, 3, 4)));
    }

    @Test
    void with256BitsOnlyLoadsAndStoresHaveMasks() {
        VectorAssembler code = new VectorAssembler(VectorSize.YMM);
        assertThrows(IllegalArgumentException.class, () -> code.multiplyAdd(1, 2, RAX.at(0), 3));
    }

    private static DynamicTest of(String text, String bytes, Consumer<VectorAssembler> instruction) {
        return DynamicTest.dynamicTest(text, () -> assertEquals(bytes, hex(VectorSize.ZMM, instruction)));
    }

    private static DynamicTest of256(String text, String bytes, Consumer<VectorAssembler> instruction) {
        return DynamicTest.dynamicTest(text, () -> assertEquals(bytes, hex(VectorSize.YMM, instruction)));
    }

    private static String hex(VectorSize size, Consumer<VectorAssembler> instructions) {
        VectorAssembler code = new VectorAssembler(size);
        instructions.accept(code);
        return HexFormat.of().formatHex(code.code());
    }

    @Test
    void jumpsForwardAndBackFromTheEndOfTheInstruction() {
        String bytes =
                hex(
                        VectorSize.ZMM,
                        code -> {
                            Assembler.Label back = new Assembler.Label();
                            Assembler.Label forward = new Assembler.Label();
                            code.bind(back);
                            code.jumpIf(Assembler.Condition.ZERO, forward);
                            code.jumpIf(Assembler.Condition.NOT_ZERO, back);
                            code.jump(back);
                            code.bind(forward);
                            code.ret();
                        });
        assertEquals("0f840b0000000f85f4ffffffe9efffffffc3", bytes);
    }

    @Test
    void refusesAJumpToNowhereAndALabelInTwoPlaces() {
        Assembler code = new VectorAssembler(VectorSize.ZMM);
        code.jumpIf(Assembler.Condition.ZERO, new Assembler.Label());
        assertThrows(IllegalStateException.class, code::code);
        Assembler.Label label = new Assembler.Label();
        code.bind(label);
        assertThrows(IllegalStateException.class, () -> code.bind(label));
    }
}
