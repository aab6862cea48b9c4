/** Key pairs: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-key-pairs.html. The private key is given once and kept nowhere. */
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, prepared, type Context } from "../define.js";
import { allows } from "./access.js";
import { invalidCombination, invalidValue, keyPairDuplicate, keyPairNotFound, missingParameter, unsupported } from "./errors.js";
import { select } from "./filters.js";
import { makeKey, readPublicKey, type ImportedKey, type MadeKey } from "./ssh-keys.js";
import { keyPairs, type KeyPair } from "./state-compute.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";
import { timestamp } from "./times.js";

const LONGEST_NAME = 255;

export const keyPairOperations = operations(Ec2, {
  CreateKeyPair: prepared<Ec2Types.CreateKeyPairRequest, Ec2Types.KeyPair, MadeKey>({
    authorize: allows("CreateKeyPair", (input) => [["key-pair", input.KeyName]]),
    async prepare(input) {
      const type = input.KeyType ?? "rsa";
      if (type !== "rsa" && type !== "ed25519") throw invalidValue(`Value (${String(type)}) for parameter KeyType is invalid.`);
      const format = input.KeyFormat ?? "pem";
      if (format === "ppk") throw unsupported("CreateKeyPair", "KeyFormat=ppk");
      if (format !== "pem") throw invalidValue(`Value (${String(format)}) for parameter KeyFormat is invalid.`);
      return makeKey(type);
    },
    handle(ctx, input, key) {
      const pair = record(ctx, input.KeyName, key, input.TagSpecifications);
      return { KeyName: pair.name, KeyPairId: pair.id, KeyFingerprint: pair.fingerprint, KeyMaterial: key.privateKey, Tags: tagsOf(ctx.db, pair.id) };
    },
  }),

  ImportKeyPair: {
    authorize: allows("ImportKeyPair", (input) => [["key-pair", input.KeyName]]),
    handle(ctx, input) {
      const key = readPublicKey(Buffer.from(input.PublicKeyMaterial).toString("latin1"));
      if (!key) throw new AwsError("InvalidKey.Format", "Key is not in valid OpenSSH public key format");
      const pair = record(ctx, input.KeyName, key, input.TagSpecifications);
      return { KeyName: pair.name, KeyPairId: pair.id, KeyFingerprint: pair.fingerprint, Tags: tagsOf(ctx.db, pair.id) };
    },
  },

  DescribeKeyPairs: {
    authorize: onEverything("ec2:DescribeKeyPairs"),
    handle(ctx, input) {
      const { KeyNames: names = [], KeyPairIds: ids = [] } = input;
      const all = ctx.db(keyPairs).list();
      const missing = names.find((name) => !ctx.db(keyPairs).get(name));
      if (missing !== undefined) throw keyPairNotFound(missing);
      const missingId = ids.find((id) => ctx.db(keyPairs).where("id", id).length === 0);
      if (missingId !== undefined) throw keyPairNotFound(missingId);
      const asked = names.length + ids.length === 0 ? all : all.filter((pair) => names.includes(pair.name) || ids.includes(pair.id));
      const known = {
        "key-pair-id": (pair: KeyPair) => pair.id,
        "key-name": (pair: KeyPair) => pair.name,
        fingerprint: (pair: KeyPair) => pair.fingerprint,
        "key-type": (pair: KeyPair) => pair.type,
      };
      return { KeyPairs: select(ctx.db, asked, input.Filters, known, (pair) => pair.id).map((pair) => described(ctx, pair, input.IncludePublicKey === true)) };
    },
  },

  DeleteKeyPair: {
    authorize: allows("DeleteKeyPair", (input) => [["key-pair", input.KeyName, input.KeyPairId]]),
    handle(ctx, input) {
      if (input.KeyName === undefined && input.KeyPairId === undefined) throw missingParameter("KeyName or KeyPairId");
      if (input.KeyName !== undefined && input.KeyPairId !== undefined) {
        throw invalidCombination("The parameter KeyName cannot be used with the parameter KeyPairId");
      }
      const pair = input.KeyName !== undefined ? ctx.db(keyPairs).get(input.KeyName) : ctx.db(keyPairs).where("id", input.KeyPairId ?? "")[0];
      // A pair that is not there is deleted already: AWS answers so too.
      if (!pair) return { Return: true };
      ctx.db(keyPairs).delete(pair.name);
      dropTags(ctx.db, pair.id);
      return { Return: true, KeyPairId: pair.id };
    },
  },
});

function record(ctx: Context, name: string, key: ImportedKey, specifications: readonly Ec2Types.TagSpecification[] | undefined): KeyPair {
  if (name === "" || name.length > LONGEST_NAME || !/^[\x20-\x7e]+$/.test(name) || name.trim() !== name) {
    throw invalidValue(`Value (${name}) for parameter KeyName is invalid. Up to ${LONGEST_NAME} ASCII characters without leading or trailing spaces.`);
  }
  checkTagSpecifications(specifications, ["key-pair"]);
  if (ctx.db(keyPairs).get(name)) throw keyPairDuplicate(name);
  const { type, fingerprint } = key;
  const pair = ctx.db(keyPairs).put({ id: ctx.ids.aws("key"), name, type, fingerprint, publicKey: `${key.publicKey} ${name}`, created: ctx.now });
  putTags(ctx, "key-pair", pair.id, specifications);
  return pair;
}

function described(ctx: Context, pair: KeyPair, withKey: boolean): Ec2Types.KeyPairInfo {
  return {
    KeyPairId: pair.id,
    KeyName: pair.name,
    KeyType: pair.type,
    KeyFingerprint: pair.fingerprint,
    CreateTime: timestamp(pair.created),
    Tags: tagsOf(ctx.db, pair.id),
    PublicKey: withKey ? pair.publicKey : undefined,
  };
}
