"""What looks at an app: inventories, explanations, checks and sample URLs.

Nothing here is imported while an app serves requests.
"""
