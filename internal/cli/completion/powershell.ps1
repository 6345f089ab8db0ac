# kinde-migrate: completion for PowerShell
Register-ArgumentCompleter -Native -CommandName kinde-migrate -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition -or $_.Extent.Text -ne $wordToComplete } |
    ForEach-Object { $_.Extent.Text.Trim("'`"") })
  $before = @($words | Select-Object -Skip 1)
  & $words[0] __complete -- @before "+$wordToComplete" 2>$null | ForEach-Object {
    if ($_ -eq ':files' -or $_ -eq ':folders') {
      $begun = $wordToComplete -replace '^--[^=]*=', ''
      Get-ChildItem -Path "$begun*" -Directory:($_ -eq ':folders') -ErrorAction SilentlyContinue | ForEach-Object {
        $path = Resolve-Path -Relative $_.FullName
        [System.Management.Automation.CompletionResult]::new($path, $_.Name, 'ProviderItem', $_.FullName)
      }
    } elseif (-not $_.StartsWith(':')) {
      $word, $means = $_ -split "`t", 2
      if (-not $means) { $means = $word }
      [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $means)
    }
  }
}
