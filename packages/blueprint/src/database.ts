/** The database's place in the network, and the database where it can be had (S2-29 to S2-31, S2-54). */
import { CfnDeletionPolicy, type Stack } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import { CfnDBInstance, CfnDBSubnetGroup } from "aws-cdk-lib/aws-rds";
import type { Naming } from "./naming.js";
import { addPrivateSubnets, RANGES, type PublicNetwork } from "./network.js";

export interface DatabaseProps {
  /**
   * Where the blog's database is. `rds` is the article's, for AWS; there is no RDS here yet, and deploying it says so by name before
   * anything is touched. `server` leaves it on the server: subnets and group for it are there all the same.
   * @default "server"
   */
  readonly database?: "server" | "rds";
}

interface Database {
  /** The group of the servers that may query it. */
  readonly servers: ec2.CfnSecurityGroup;
  /** A synchronous standby in the other zone. */
  readonly multiAz: boolean;
  readonly props: DatabaseProps;
}

/** Two subnets in two zones that know the local route only, so that nothing outside reaches them (S2-08, S2-30). */
export function addDatabase(stack: Stack, name: Naming, network: PublicNetwork, { servers, multiAz, props }: Database): void {
  const subnets = addPrivateSubnets(stack, name, network, { id: "Database", role: "db", ranges: RANGES.private });
  const group = new ec2.CfnSecurityGroup(stack, "DatabaseGroup", {
    groupName: name("securitygroup", "db"),
    groupDescription: "The database",
    vpcId: network.vpc.ref,
    securityGroupIngress: [{ ipProtocol: "tcp", fromPort: 3306, toPort: 3306, sourceSecurityGroupId: servers.attrGroupId, description: "MySQL from the servers" }],
    tags: [{ key: "Name", value: name("securitygroup", "db") }],
  });
  if (props.database !== "rds") return;
  const subnetGroup = new CfnDBSubnetGroup(stack, "DatabaseSubnetGroup", {
    dbSubnetGroupDescription: "The database's subnets",
    subnetIds: subnets.map(({ subnet }) => subnet.ref),
  });
  const database = new CfnDBInstance(stack, "Database", {
    engine: "mysql",
    dbInstanceClass: "db.t3.micro",
    allocatedStorage: "20",
    storageEncrypted: true,
    dbName: "wordpress",
    masterUsername: "awsuser",
    // Nobody chooses it, and no file holds it (S1-34).
    manageMasterUserPassword: true,
    dbSubnetGroupName: subnetGroup.ref,
    vpcSecurityGroups: [group.attrGroupId],
    publiclyAccessible: false,
    backupRetentionPeriod: 7,
    multiAz,
  });
  database.cfnOptions.deletionPolicy = CfnDeletionPolicy.SNAPSHOT;
}
