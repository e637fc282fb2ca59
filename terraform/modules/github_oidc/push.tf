resource "aws_iam_role" "push" {
  count = var.push == null ? 0 : 1

  name                 = "${var.name}-push"
  description          = "Images pushed by ${var.repository}."
  assume_role_policy   = local.trust["push"]
  max_session_duration = var.max_session_s
}

resource "aws_iam_role_policy" "push" {
  count = var.push == null ? 0 : 1

  name = "push"
  role = aws_iam_role.push[0].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Login", Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" },
      {
        Sid    = "Push"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:CompleteLayerUpload",
          "ecr:DescribeImages",
          "ecr:GetDownloadUrlForLayer",
          "ecr:InitiateLayerUpload",
          "ecr:PutImage",
          "ecr:UploadLayerPart",
        ]
        Resource = var.push.repository_arns
      },
    ]
  })
}
