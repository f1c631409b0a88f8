namespace DemoPlatform;

/// <summary>Ends the program with exit code 1. The message is the one sentence that the reader gets.</summary>
public sealed class DemoException(string sentence) : Exception(sentence);
