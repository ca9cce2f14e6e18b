import { bucketPolicy } from "./bucket-policy.ts";
import type { BucketPolicyOptions } from "./bucket-policy.ts";

/**
 * Terraform text of a bucket that `proclaw doctor s3` takes: Object Lock from the beginning, a
 * default retention in COMPLIANCE mode, no public access, and {@link bucketPolicy}.
 *
 * UNVALIDATED: written after the documentation of the AWS provider (version 5); neither
 * `terraform validate` nor an AWS account was at hand.
 */
export function terraform(options: BucketPolicyOptions): string {
  const policy = bucketPolicy(options).trimEnd();
  return `# Unvalidated: read it before you apply it. A COMPLIANCE lock cannot be taken back by anybody.
resource "aws_s3_bucket" "audit" {
  bucket              = ${JSON.stringify(options.bucket)}
  object_lock_enabled = true # only possible when the bucket is made

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "audit" {
  bucket = aws_s3_bucket.audit.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "audit" {
  bucket     = aws_s3_bucket.audit.id
  depends_on = [aws_s3_bucket_versioning.audit]
  rule {
    default_retention {
      mode = "COMPLIANCE"
      days = ${options.minimumDays}
    }
  }
}

resource "aws_s3_bucket_public_access_block" "audit" {
  bucket                  = aws_s3_bucket.audit.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "audit" {
  bucket = aws_s3_bucket.audit.id
  policy = <<-JSON
${policy.replace(/^/gm, "    ")}
  JSON
}
`;
}
