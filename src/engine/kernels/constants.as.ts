// Constants of vector code, in a thread's own memory. An engine builds a vector constant anew wherever it is used, V8
// by three instructions; to load it from here takes one.

/** Bytes of the table. */
export const CONSTANTS_BYTES: usize = 512;

let table: usize = 0;

/** Writes the table to `at`, where it stays. */
export function storeConstants(at: usize): void {
  table = at;
  put(0, 12583039); put(1, 1.44269504088896341); put(2, 0.693359375); put(3, -2.12194440e-4);
  put(4, 1.3933650e-3); put(5, 8.3691552e-3); put(6, 4.1666467e-2); put(7, 1.6666505e-1);
  put(8, 0.5); put(9, 1); put(10, -87); put(11, 80);
  put(12, reinterpret<f32>(0x8fffe000)); put(13, reinterpret<f32>(0x77800000));
  put(14, 14); put(15, 0.35);
  put(16, 0.139643729); put(17, 0.139508054); put(18, 0.122199908); put(19, 0.0967691988); put(20, -0.00360470056);
  put(21, 0.132170498); put(22, -0.233023062); put(23, 0.133368671); put(24, -0.0270322859);
  put(25, 0.3989422804); put(26, 1.5957691216); put(27, 0.0713548163); put(28, 0.2140644489);
  v128.store(table + 464, i32x4(0xf, 0xf0, 0xf00, 0xf000));
  v128.store(table + 480, f32x4(1, 0.0625, 0.00390625, 0.000244140625));
}

function put(i: usize, x: f32): void { v128.store(table + 16 * i, f32x4.splat(x)); }

/** Address of the table, for a local variable before a loop. */
@inline export function constants(): usize { return table; }

/** Rounds to a whole number what it is added to, and leaves that plus 127 in the lowest bits. */
@inline export function magic(c: usize): v128 { return v128.load(c); }
@inline export function log2e(c: usize): v128 { return v128.load(c, 16); }
/** ln 2 in two parts; a whole number times the first is exact. */
@inline export function ln2High(c: usize): v128 { return v128.load(c, 32); }
@inline export function ln2Low(c: usize): v128 { return v128.load(c, 48); }
/** The polynomial of `exp4`, highest power first. */
@inline export function exp5(c: usize): v128 { return v128.load(c, 64); }
@inline export function exp4th(c: usize): v128 { return v128.load(c, 80); }
@inline export function exp3(c: usize): v128 { return v128.load(c, 96); }
@inline export function exp2(c: usize): v128 { return v128.load(c, 112); }
@inline export function half(c: usize): v128 { return v128.load(c, 128); }
@inline export function one(c: usize): v128 { return v128.load(c, 144); }
/** Below it e^x is 0. */
@inline export function expLow(c: usize): v128 { return v128.load(c, 160); }
@inline export function eighty(c: usize): v128 { return v128.load(c, 176); }
/** Of an f16 in an f32's place: sign, exponent and fraction; and what its exponent lacks, 2^112. */
@inline export function halfBits(c: usize): v128 { return v128.load(c, 192); }
@inline export function halfPower(c: usize): v128 { return v128.load(c, 208); }
/** Beyond it the normal distribution's tail is 0. */
@inline export function fourteen(c: usize): v128 { return v128.load(c, 224); }
/** Of the normal distribution's tail: how t shrinks, and the coefficient of t^i in p; see kinds.ts. */
@inline export function tailShrink(c: usize): v128 { return v128.load(c, 240); }
@inline export function tailPower(c: usize, i: usize): v128 { return v128.load(c + 256 + 16 * i); }
/** 1 / √(2π). */
@inline export function density(c: usize): v128 { return v128.load(c, 400); }
/** 2 √(2/π), that times 0.044715, and three times that. */
@inline export function twiceU(c: usize): v128 { return v128.load(c, 416); }
@inline export function twiceUCubed(c: usize): v128 { return v128.load(c, 432); }
@inline export function twiceUSlope(c: usize): v128 { return v128.load(c, 448); }
/** The four nibbles of a half word, a lane each, and what makes numbers of them where they stand: 16^-lane. */
@inline export function nibblePlaces(c: usize): v128 { return v128.load(c, 464); }
@inline export function nibblePowers(c: usize): v128 { return v128.load(c, 480); }
