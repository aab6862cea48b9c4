/** Lifecycle configurations; `reconcile.ts` carries them out. */
import { S3 } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { onBucket } from "./access.js";
import { noSuchSetting } from "./errors.js";
import { bucketOf } from "./find.js";
import { parseRules, showRule } from "./lifecycle-rules.js";
import { change, forget } from "./settings.js";

const MINIMUM = "all_storage_classes_128K";

export const lifecycleOperations = operations(S3, {
  PutBucketLifecycleConfiguration: {
    authorize: onBucket("s3:PutLifecycleConfiguration"),
    handle(ctx, input) {
      const lifecycle = parseRules(input.LifecycleConfiguration?.Rules ?? [], ctx.ids);
      const transitionMinimum = input.TransitionDefaultMinimumObjectSize ?? MINIMUM;
      change(ctx, input, { lifecycle, lifecycleSince: ctx.now, transitionMinimum });
      return { TransitionDefaultMinimumObjectSize: transitionMinimum };
    },
  },
  GetBucketLifecycleConfiguration: {
    authorize: onBucket("s3:GetLifecycleConfiguration"),
    handle(ctx, input) {
      const { lifecycle, transitionMinimum = MINIMUM } = bucketOf(ctx, input);
      if (!lifecycle) throw noSuchSetting("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", input.Bucket);
      return { Rules: lifecycle.map(showRule), TransitionDefaultMinimumObjectSize: transitionMinimum };
    },
  },
  DeleteBucketLifecycle: {
    authorize: onBucket("s3:PutLifecycleConfiguration"),
    handle: (ctx, input) => forget(ctx, input, "lifecycle"),
  },
});
