/** A web site of the CDK's own building blocks, as an engineer would write it. */
import {
  App, aws_autoscaling as autoscaling, aws_cloudwatch as cloudwatch, aws_cloudwatch_actions as actions, aws_ec2 as ec2, aws_elasticloadbalancingv2 as elbv2, aws_iam as iam,
  aws_logs as logs, aws_s3 as s3, aws_sns as sns, aws_sns_subscriptions as subscriptions, aws_ssm as ssm, CfnOutput, Duration, RemovalPolicy, Stack,
} from "aws-cdk-lib";

const app = new App();
/** What would need Lambda: asked for to see it refused. */
const custom = app.node.tryGetContext("custom") === "true";

const stack = new Stack(app, "Web", { env: { account: "123456789012", region: "ap-northeast-1" } });
const vpc = new ec2.Vpc(stack, "Vpc", { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: custom });
const flowLogs = new logs.LogGroup(stack, "FlowLogs", { retention: logs.RetentionDays.ONE_WEEK, removalPolicy: RemovalPolicy.DESTROY });
vpc.addFlowLog("FlowLog", { destination: ec2.FlowLogDestination.toCloudWatchLogs(flowLogs) });

const bucket = new s3.Bucket(stack, "Bucket", {
  versioned: true,
  encryption: s3.BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  lifecycleRules: [{ expiration: Duration.days(30) }],
  removalPolicy: RemovalPolicy.DESTROY,
  autoDeleteObjects: custom,
});
const role = new iam.Role(stack, "Role", {
  assumedBy: new iam.ServicePrincipal("ec2.amazonaws.com"),
  managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName("AmazonSSMManagedInstanceCore")],
});
bucket.grantRead(role);

const userData = ec2.UserData.forLinux();
userData.addCommands("yum install -y httpd", "systemctl enable --now httpd", "echo hello > /var/www/html/index.html");
const launchTemplate = new ec2.LaunchTemplate(stack, "Template", {
  instanceType: ec2.InstanceType.of(ec2.InstanceClass.T3, ec2.InstanceSize.MICRO),
  machineImage: ec2.MachineImage.latestAmazonLinux2023(),
  securityGroup: new ec2.SecurityGroup(stack, "WebGroup", { vpc }),
  requireImdsv2: true,
  role,
  userData,
});
const group = new autoscaling.AutoScalingGroup(stack, "Servers", {
  vpc,
  launchTemplate,
  minCapacity: 2,
  maxCapacity: 4,
  healthChecks: autoscaling.HealthChecks.withAdditionalChecks({ additionalTypes: [autoscaling.AdditionalHealthCheckType.ELB], gracePeriod: Duration.seconds(30) }),
  signals: autoscaling.Signals.waitForAll({ timeout: Duration.minutes(5) }),
  updatePolicy: autoscaling.UpdatePolicy.rollingUpdate(),
});
group.scaleOnCpuUtilization("Cpu", { targetUtilizationPercent: 60 });
userData.addSignalOnExitCommand(group);

const balancer = new elbv2.ApplicationLoadBalancer(stack, "Balancer", { vpc, internetFacing: true });
const targets = balancer.addListener("Http", { port: 80 }).addTargets("Web", { port: 80, targets: [group], healthCheck: { path: "/", interval: Duration.seconds(10) } });

const topic = new sns.Topic(stack, "Topic");
topic.addSubscription(new subscriptions.EmailSubscription("ops@example.com"));
new cloudwatch.Alarm(stack, "Unhealthy", { metric: targets.metrics.unhealthyHostCount(), threshold: 1, evaluationPeriods: 1 }).addAlarmAction(new actions.SnsAction(topic));
new ssm.StringParameter(stack, "Name", { parameterName: "/web/name", stringValue: balancer.loadBalancerDnsName });
new CfnOutput(stack, "Url", { value: `http://${balancer.loadBalancerDnsName}/` });
new CfnOutput(stack, "Group", { value: group.autoScalingGroupName });
