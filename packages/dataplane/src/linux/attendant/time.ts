/** Amazon Time Sync: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/set-time.html. NTP (RFC 5905) in its simple form (SNTP). Pure. */

const LENGTH = 48;
/** Seconds from NTP's epoch, 1900, to 1970. */
const EPOCH = 2_208_988_800;
const CLIENT = 3;
const SERVER = 4;
/** Amazon's own answers are of stratum 3. */
const STRATUM = 3;
/** 2^-20 s: about a microsecond. */
const PRECISION = -20;
/** 169.254.169.122, which stands for the hypervisor's clock. */
const REFERENCE = [169, 254, 169, 122];
/** Seconds in 16.16 fixed point: a millisecond. */
const DISPERSION = 66;

/**
 * The answer to a client's question; undefined for what is none.
 * @param now milliseconds since 1970
 */
export function answerTime(query: Uint8Array, now: number): Uint8Array | undefined {
  const first = query[0] ?? 0;
  const version = (first >> 3) & 7;
  if (query.length < LENGTH || (first & 7) !== CLIENT || version < 1 || version > 4) return undefined;
  const answer = Buffer.alloc(LENGTH);
  answer[0] = (version << 3) | SERVER;
  answer[1] = STRATUM;
  answer[2] = query[2] ?? 0;
  answer.writeInt8(PRECISION, 3);
  answer.writeUInt32BE(DISPERSION, 4);
  answer.writeUInt32BE(DISPERSION, 8);
  answer.set(REFERENCE, 12);
  writeTime(answer, 16, now);
  // The client knows its question by its own time of sending.
  answer.set(query.subarray(40, 48), 24);
  writeTime(answer, 32, now);
  writeTime(answer, 40, now);
  return answer;
}

function writeTime(answer: Buffer, at: number, milliseconds: number): void {
  const seconds = Math.floor(milliseconds / 1000);
  answer.writeUInt32BE((seconds + EPOCH) % 2 ** 32, at);
  answer.writeUInt32BE(Math.floor(((milliseconds - seconds * 1000) / 1000) * 2 ** 32), at + 4);
}
