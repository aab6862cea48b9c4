/** Dashboards, stored for whoever draws them: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
import { Cloudwatch } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Asked } from "../define.js";
import { pageOf } from "../paging.js";
import { parseJson } from "../json.js";
import { dashboardArn } from "./arns.js";
import { dashboardNotFound, dashboardsNotFound, invalidDashboard, invalidToken, validation } from "./errors.js";
import { dashboards } from "./state.js";
import { checkTags, tagsOf } from "./tags.js";

const PAGE = 1_000;
const MOST_WIDGETS = 500;

interface Problem {
  readonly path: string;
  readonly message: string;
}

function onDashboard<In extends { readonly DashboardName: string }>(operation: string) {
  return (input: In, asked: Asked) => ({ action: `cloudwatch:${operation}`, resources: [dashboardArn(asked, input.DashboardName)] });
}

export const dashboardOperations = operations(Cloudwatch, {
  PutDashboard: {
    authorize: onDashboard("PutDashboard"),
    handle(ctx, input) {
      const { DashboardName: name, DashboardBody: body } = input;
      if (!/^[\w-]{1,255}$/.test(name)) throw validation(`The value ${name} for parameter DashboardName is invalid: letters, digits, - and _ are allowed.`);
      const problems = problemsOf(body);
      if (problems.length > 0) throw invalidDashboard(problems);
      checkTags(input.Tags);
      const before = ctx.db(dashboards).get(name);
      ctx.db(dashboards).put({ name, arn: dashboardArn(ctx, name), body, modified: ctx.now, tags: before ? before.tags : tagsOf(input.Tags) });
      return { DashboardValidationMessages: [] };
    },
  },
  GetDashboard: {
    authorize: onDashboard("GetDashboard"),
    handle(ctx, input) {
      const found = ctx.db(dashboards).get(input.DashboardName);
      if (!found) throw dashboardNotFound(input.DashboardName);
      return { DashboardArn: found.arn, DashboardBody: found.body, DashboardName: found.name };
    },
  },
  ListDashboards: {
    authorize: onEverything("cloudwatch:ListDashboards"),
    handle(ctx, input) {
      const all = ctx.db(dashboards).list().filter(({ name }) => name.startsWith(input.DashboardNamePrefix ?? ""));
      const { records, next } = pageOf(all, { input, size: PAGE, token: input.NextToken, key: ({ name }) => name, invalid: invalidToken });
      return {
        DashboardEntries: records.map(({ name, arn, body, modified }) => ({ DashboardName: name, DashboardArn: arn, LastModified: new Date(modified), Size: Buffer.byteLength(body) })),
        NextToken: next,
      };
    },
  },
  DeleteDashboards: {
    authorize: (input, asked) => ({ action: "cloudwatch:DeleteDashboards", resources: input.DashboardNames.map((name) => dashboardArn(asked, name)) }),
    handle(ctx, input) {
      const missing = input.DashboardNames.filter((name) => !ctx.db(dashboards).get(name));
      if (missing.length > 0) throw dashboardsNotFound(missing);
      for (const name of input.DashboardNames) ctx.db(dashboards).delete(name);
      return {};
    },
  },
});

function problemsOf(body: string): readonly Problem[] {
  const value = parseJson(body);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [{ path: "/", message: "Invalid JSON syntax" }];
  const { widgets } = value as { readonly widgets?: unknown };
  if (widgets === undefined) return [{ path: "/widgets", message: "Should have property widgets" }];
  if (!Array.isArray(widgets)) return [{ path: "/widgets", message: "Should be array" }];
  if (widgets.length > MOST_WIDGETS) return [{ path: "/widgets", message: `Should NOT have more than ${MOST_WIDGETS} items` }];
  return widgets.flatMap((widget: unknown, index) => widgetProblems(widget, `/widgets/${index}`));
}

function widgetProblems(widget: unknown, path: string): readonly Problem[] {
  if (typeof widget !== "object" || widget === null) return [{ path, message: "Should be object" }];
  const { type, properties } = widget as { readonly type?: unknown; readonly properties?: unknown };
  const problems: Problem[] = [];
  if (typeof type !== "string") problems.push({ path: `${path}/type`, message: "Should have property type" });
  if (typeof properties !== "object" || properties === null) problems.push({ path: `${path}/properties`, message: "Should have property properties" });
  return problems;
}
