/** A CDK app of three stacks: `commands-app.mjs OUTDIR ASSET [broken]`. The second needs the first, and one is too long for a request. */
import { App, CfnOutput, CfnParameter, NestedStack, Stack } from "aws-cdk-lib";
import { CfnInternetGateway, CfnSubnet, CfnVPC } from "aws-cdk-lib/aws-ec2";
import { CfnTopic } from "aws-cdk-lib/aws-sns";
import { CfnParameter as CfnSsmParameter } from "aws-cdk-lib/aws-ssm";
import { Asset } from "aws-cdk-lib/aws-s3-assets";

const [outdir, folder, broken] = process.argv.slice(2);
const app = new App({ outdir, analyticsReporting: false, treeMetadata: false });

const network = new Stack(app, "Network", { stackName: "shop-network", terminationProtection: false, tags: { team: "four" } });
const vpc = new CfnVPC(network, "Vpc", { cidrBlock: "10.9.0.0/16" });

const web = new Stack(app, "Web");
const asset = new Asset(web, "Site", { path: folder });
new CfnSubnet(web, "Subnet", { vpcId: vpc.ref, cidrBlock: broken ? "192.168.0.0/24" : "10.9.1.0/24" });
const greeting = new CfnParameter(web, "Greeting", { default: "hello" });
new CfnSsmParameter(web, "Greets", { name: "/greeting", type: "String", value: greeting.valueAsString });
new CfnOutput(web, "SiteAsset", { value: asset.s3ObjectUrl });
const nested = new NestedStack(web, "Nested");
new CfnInternetGateway(nested, "Gateway");

// Nothing here needs it, so the order is the assembly's; its template has some 100 kB.
const long = new Stack(app, "Long");
for (let at = 0; at < 100; at += 1) new CfnTopic(long, `Topic${at}`, { displayName: `${at} ${"-".repeat(80)}`, tags: [{ key: "about", value: "x".repeat(250) }, { key: "more", value: "y".repeat(250) }, { key: "yet", value: "z".repeat(250) }] });

app.synth();
